package crash

import (
	"fmt"
	"strings"
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
	passed := map[string]bool{}
	for _, s := range append(scenarios, folders, workbook) {
		if !s.quick && !*all {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			p := s.prepare(t, t.TempDir(), n, "commit: {records: 1000, interval: 1h}\nbatch: {rows: 250}\n")
			want, _ := p.undisturbed(t)
			for _, point := range failpoint.Names {
				for hit := 1; hit <= 2; hit++ {
					died := false
					t.Run(fmt.Sprintf("%s:%d", point, hit), func(t *testing.T) { died = p.dieAt(t, point, hit, want) })
					if hit == 1 && !died {
						if kind, _, _ := strings.Cut(point, "."); kind != "file" && kind != "parquet" {
							t.Errorf("the run never passed %s", point)
						}
						break
					}
					passed[point] = true
				}
			}
		})
	}
	for _, point := range failpoint.Names {
		if *all && !passed[point] && !t.Failed() {
			t.Errorf("no run passed %s", point)
		}
	}
}

// dieAt reports whether the run passed the point, and so died.
func (p *place) dieAt(t *testing.T, point string, hit int, want verdict) bool {
	t.Helper()
	p.clear(t)
	env := fmt.Sprintf("WINNOW_FAILPOINT=%s:%d", point, hit)
	died := false
	for range 2 {
		r := p.start(t, failing(t), env)
		e := r.wait(t)
		if !e.killed {
			if e.status != 0 {
				t.Fatalf("status %d\n%s", e.status, r.stderr.Bytes())
			}
			break
		}
		died = true
	}
	sum, _ := p.complete(t, failing(t))
	p.same(t, want, sum)
	return died
}
