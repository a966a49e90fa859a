package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTinyStream()
		streamed(t, s, nil, func(r *rig, p *pipeline.Pipeline) {
			ctx, cancel := context.WithCancel(t.Context())
			all := p.Tap(ctx, pipeline.TapOptions{Rate: 20})
			some := p.Tap(t.Context(), pipeline.TapOptions{Rate: 1000, Label: "b"})
			slow := p.Tap(t.Context(), pipeline.TapOptions{Rate: 1e6}) // nobody reads it
			none := p.Tap(t.Context(), pipeline.TapOptions{Label: "no such"})
			for range 100 {
				s.put(20)
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(2 * time.Second)
			cancel()
			synctest.Wait()
			n := 0
			for sample := range all {
				if n++; sample.Label != r.classifier.LabelOf(sample.Text) || sample.Sink != "out" || sample.Split != "t/0" || sample.Confidence < 0.5 ||
					sample.Record == "" {
					t.Errorf("%+v", sample)
				}
			}
			if n < 50 || n > 250 { // 20 a second for 10 s, of which 64 wait for a reader
				t.Errorf("%d samples", n)
			}
			if len(slow) == 0 || len(none) != 0 {
				t.Errorf("%d and %d samples wait", len(slow), len(none))
			}
			if sample := <-some; sample.Label != "b" {
				t.Errorf("%+v", sample)
			}
			for len(slow) > 0 {
				<-slow
			}
			s.put(20)
			time.Sleep(2 * time.Second)
			if sample := <-slow; sample.Missed == 0 {
				t.Errorf("%+v", sample)
			}
			if st := p.Status(); st.Counts.Delivered != 2020 {
				t.Errorf("%+v", st.Counts)
			}
			s.end()
			time.Sleep(2 * time.Second)
			for range some { // the run's end closes it
			}
			if _, open := <-p.Tap(t.Context(), pipeline.TapOptions{}); open {
				t.Error("a tap of a run that is over is open")
			}
		})
	})
}
