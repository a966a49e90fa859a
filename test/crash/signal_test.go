package crash

import (
	"syscall"
	"testing"
	"time"
)

// TestInterrupt asks a run to end: it drains, commits, says how to go on, and the same command goes on. A second
// signal stops it at once, and what was committed stays.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the binary many times")
	}
	for _, signals := range []int{1, 2} {
		t.Run(map[int]string{1: "once", 2: "twice"}[signals], func(t *testing.T) {
			p := scenarios[0].prepare(t, t.TempDir(), 100_000, quick)
			want, took := p.undisturbed(t)
			p.clear(t)
			interrupted := 0
			for try := 1; ; try++ {
				if try > 100 {
					t.Fatal("the run never came to its end")
				}
				r := p.start(t, binary(t))
				time.AfterFunc(took/3, func() {
					for range signals {
						_ = r.cmd.Process.Signal(syscall.SIGINT)
					}
				})
				e := r.wait(t)
				if e.status == 0 && !e.killed {
					break
				}
				if e.status != 130 && e.status != -1 { // -1: the signal came before winnow listened
					t.Fatalf("status %d, want 130\n%s", e.status, r.stderr.Bytes())
				}
				interrupted++
			}
			if interrupted == 0 {
				t.Skip("the machine was too fast to be interrupted")
			}
			sum, _ := p.complete(t, binary(t))
			p.same(t, want, sum)
		})
	}
}
