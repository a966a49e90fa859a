package head

import "golang.org/x/sys/cpu"

var hasAVX = cpu.X86.HasAVX

//go:noescape
func addRowAVX(w, x *float32, n int, f float32)

// addRow adds f·x to w, which is as long: a multiple of lanes.
func addRow(w, x []float32, f float32) {
	if !hasAVX || len(w) == 0 {
		addRowGo(w, x, f)
		return
	}
	addRowAVX(&w[0], &x[:len(w)][0], len(w), f)
}
