package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/winnow-stream/winnow/pipeline"
)

// A stream whose next epoch is read while this one's commit runs: whatever is aborted, each record comes out once, in
// order, and a stream that ends does not end before what an abort gave back is read again.
func TestOverlap(t *testing.T) {
	const n = 400
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			s := newTinyStream()
			s.overlaps = true
			s.abort = func(int) bool { return rng.IntN(3) == 0 }
			var r *rig
			sum := streamed(t, s, func(set *rig) {
				r = set
				r.cfg.BatchRows, r.cfg.Commit.Records = 1+rng.IntN(20), int64(1+rng.IntN(60))
			}, func(_ *rig, _ *pipeline.Pipeline) { s.put(n) })
			if sum.Counts.Read != n || sum.Counts.Delivered != n || s.committed != n {
				t.Fatalf("seed %d: %+v, committed to %d", seed, sum.Counts, s.committed)
			}
			for i, line := range r.sink.Store.Lines() {
				if want := fmt.Sprintf(`"id":"%d"`, i); !strings.Contains(line, want) {
					t.Fatalf("seed %d: line %d is %s", seed, i, line)
				}
			}
			if got := len(r.sink.Store.Lines()); got != n {
				t.Fatalf("seed %d: %d lines", seed, got)
			}
		})
	}
}
