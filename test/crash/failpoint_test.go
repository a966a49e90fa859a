package crash

import (
	"fmt"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// TestFailpoint dies at every named point of a run, the first and the second time that it is passed, and again at the
// same point of the resumed run; then lets it finish. Without -all it does so for a single sink and for three at once.
func TestFailpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the binary many times")
	}
	const n = 6_000
	for i, s := range scenarios {
		if i > 0 && i < len(scenarios)-1 && !*all {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			p := s.prepare(t, t.TempDir(), n, "commit: {records: 1000, interval: 1h}\nbatch: {rows: 250}\n")
			want, _ := p.undisturbed(t)
			for _, point := range failpoint.Names {
				for _, hit := range []int{1, 2} {
					t.Run(fmt.Sprintf("%s:%d", point, hit), func(t *testing.T) { p.dieAt(t, point, hit, want) })
				}
			}
		})
	}
}

func (p *place) dieAt(t *testing.T, point string, hit int, want verdict) {
	p.clear(t)
	env := fmt.Sprintf("WINNOW_FAILPOINT=%s:%d", point, hit)
	died := 0
	for range 2 {
		r := p.start(t, failing(t), env)
		e := r.wait(t)
		if !e.killed {
			if e.status != 0 {
				t.Fatalf("status %d\n%s", e.status, r.stderr.Bytes())
			}
			break
		}
		died++
	}
	if died == 0 && hit == 1 {
		t.Fatal("the run never passed this point")
	}
	sum, _ := p.complete(t, failing(t))
	p.same(t, want, sum)
}
