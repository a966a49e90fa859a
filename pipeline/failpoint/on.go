//go:build failpoint

package failpoint

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	target, count, _ = strings.Cut(os.Getenv("WINNOW_FAILPOINT"), ":")
	left             atomic.Int64
)

func init() {
	if target != "" && !known(target) {
		panic("WINNOW_FAILPOINT names no point: " + target)
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	left.Store(n)
}

func known(name string) bool {
	return slices.Contains(Names, name) || slices.Contains(StreamNames, name)
}

// Hit marks a point, and ends the process there when it is the one that was asked for.
func Hit(name string) {
	if !known(name) {
		panic("not among failpoint.Names and StreamNames: " + name)
	}
	if name == target && left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal arrives in its own time; nothing may happen after the point
	}
}
