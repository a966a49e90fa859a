package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// refiner is a classifier whose refinement counts texts: its refined version names them.
type refiner struct {
	*pipelinetest.FakeClassifier
	begun int
}

func (r *refiner) NewRefinement() classify.Refinement {
	r.begun++
	return &refinement{}
}

func (r *refiner) Refined(state []byte) (classify.Classifier, error) {
	if !strings.HasPrefix(string(state), "texts ") {
		return nil, fault.New(fault.StateDamaged, "not a refinement: %q", state)
	}
	return refined{r.FakeClassifier, string(state)}, nil
}

type refined struct {
	*pipelinetest.FakeClassifier
	state string
}

func (r refined) Info() classify.Info {
	info := r.FakeClassifier.Info()
	info.Version += " after " + r.state
	return info
}

type refinement struct {
	texts int
	last  string
}

func (r *refinement) Add(texts *array.String) error {
	for i := range texts.Len() {
		if texts.IsValid(i) {
			r.texts++
			r.last = texts.Value(i)
		}
	}
	return nil
}

func (r *refinement) Finish(context.Context) ([]byte, error) {
	return fmt.Appendf(nil, "texts %d, last %q", r.texts, r.last), nil
}

func newRefineRig(t *testing.T) (*rig, *refiner) {
	t.Helper()
	r := newRig(t, 2, 50)
	classifier := &refiner{FakeClassifier: r.classifier}
	r.cfg.Classifier, r.cfg.Refine = classifier, true
	return r, classifier
}

func TestRefineReadsTheInputFirst(t *testing.T) {
	for _, dictionary := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := newRefineRig(t)
			r.source.Text = func(_ int, n int64) *string {
				if n%10 == 3 {
					return nil
				}
				text := fmt.Sprintf("text %d", n%7)
				return &text
			}
			if dictionary {
				r.cfg.Stages = append(r.cfg.Stages, dictionaryStage{r.alloc})
			}
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			r.judge(t, s)
			if got := r.sink.Store.Lines()[0]; !strings.Contains(got, `"classifier":"fake-1 after texts 90, last \"text 0\""`) {
				t.Errorf("line %s", got)
			}
		})
	}
}

// What refining found is part of the state: a resumed run labels alike and does not read the input twice.
func TestRefineIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, classifier := newRefineRig(t)
		r.sink.Script = pipelinetest.FailNth("write", 10, errFatal)
		_, err := r.run(t)
		wantCode(t, err, fault.OutputWrite)
		r.again()
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if classifier.begun != 1 {
			t.Errorf("refined %d times", classifier.begun)
		}
		for _, line := range r.sink.Store.Lines() {
			if !strings.Contains(line, "after texts 100") {
				t.Fatalf("line %s", line)
			}
		}
	})
}

func TestRefineStateIsChecked(t *testing.T) {
	file := stateDir + "/refined.bin"
	for name, c := range map[string]struct {
		spoil func(d *pipelinetest.Disk)
		want  *fault.Code
	}{
		"gone":    {func(d *pipelinetest.Disk) { _ = d.Remove(file) }, fault.StateMissing},
		"changed": {func(d *pipelinetest.Disk) { d.Put(file, []byte("texts 7")) }, fault.StateDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := newRefineRig(t)
				r.sink.Script = pipelinetest.FailNth("write", 10, errFatal)
				_, err := r.run(t)
				wantCode(t, err, fault.OutputWrite)
				r.again()
				c.spoil(r.disk)
				_, err = r.run(t)
				wantCode(t, err, c.want)
			})
		})
	}
}

func TestRefineInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newRefineRig(t)
		r.cfg.Stages[0].(*pipelinetest.TextStage).Script = pipelinetest.Slow("process", time.Second)
		s, err := r.runContext(t.Context(), t, func(p *pipeline.Pipeline) { time.AfterFunc(3*time.Second, p.Drain) })
		wantCode(t, err, fault.RunInterrupted)
		if s.Counts.Read != 0 {
			t.Errorf("counts %+v", s.Counts)
		}
		r.again()
		if s, err = r.run(t); err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
	})
}

func TestRefineIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 10)
		r.cfg.Refine = true
		_, err := r.run(t)
		wantCode(t, err, fault.RefineInput)
	})
	synctest.Test(t, func(t *testing.T) {
		r, _ := newRefineRig(t)
		r.source.Once = true
		_, err := r.run(t)
		wantCode(t, err, fault.RefineInput)
	})
}
