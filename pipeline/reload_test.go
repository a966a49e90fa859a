package pipeline_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func change(c pipeline.Change) func() (pipeline.Change, error) {
	return func() (pipeline.Change, error) { return c, nil }
}

// A reload changes labels and text from one record to the next; the member stays, and the counts of old labels too.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTinyStream()
		second := &pipelinetest.FakeClassifier{Labels: []string{"c", "x", "a"}}
		sum := streamed(t, s, nil, func(r *rig, p *pipeline.Pipeline) {
			s.put(100)
			time.Sleep(2 * time.Second)
			err := p.Reload(change(pipeline.Change{
				Classifier: second,
				Stages:     []pipeline.Stage{&pipelinetest.TextStage{Column: "other"}},
			}))
			if err != nil {
				t.Fatal(err)
			}
			s.put(50)
			time.Sleep(2 * time.Second)
			if st := p.Status(); st.Generation != 2 || st.Reloads.Done != 1 || st.Reloads.Error != "" || st.Rejoins != 0 {
				t.Errorf("generation %d, %+v, %d rejoins", st.Generation, st.Reloads, st.Rejoins)
			}
			for i, line := range r.sink.Store.Lines() {
				label := r.classifier.LabelOf(fmt.Sprintf("text %d", i))
				if i >= 100 {
					label = second.LabelOf(fmt.Sprintf("other %d", i%2))
				}
				if !strings.Contains(line, `"label":"`+label+`"`) {
					t.Errorf("record %d: %s, want label %s", i, line, label)
				}
			}
		})
		var names []string
		var n int64
		for _, l := range sum.Tally.Labels {
			names = append(names, l.Name)
			n += l.Count
		}
		if got := strings.Join(names, " "); got != "a b c x" || n != 150 || sum.Counts.Delivered != 150 {
			t.Errorf("labels %s, %d of %d counted", got, n, sum.Counts.Delivered)
		}
		if s.joins != 1 {
			t.Errorf("joined %d times", s.joins)
		}
	})
}

// Whatever is wrong with a reload, the pipeline goes on as before and tells why.
func TestReloadRefused(t *testing.T) {
	text := []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}}
	labels := func(multi bool) *pipelinetest.FakeClassifier { return &pipelinetest.FakeClassifier{Multi: multi} }
	cases := []struct {
		name  string
		build func() (pipeline.Change, error)
		want  string
	}{
		{"a spec that can't be built", func() (pipeline.Change, error) { return pipeline.Change{}, errors.New("no such label") }, "no such label"},
		{"a panic", func() (pipeline.Change, error) { panic("odd") }, "panicked: odd"},
		{"no classifier", change(pipeline.Change{Stages: text}), "nothing would be classified"},
		{"another result", change(pipeline.Change{Stages: text, Classifier: labels(true)}), `"labels" would come or go`},
		{"explanations", change(pipeline.Change{Stages: text, Classifier: labels(false), Explain: 1}), `"explanation" would come or go`},
		{"keyphrases", change(pipeline.Change{Stages: text, Classifier: labels(false), Keyphraser: lastWord{}}), `"keyphrases" would come or go`},
		{"a column that is not read", change(pipeline.Change{
			Stages: []pipeline.Stage{&pipelinetest.TextStage{Column: "other"}}, Classifier: labels(false),
		}), `"other" is not among those that are read`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTinyStream()
				s.decodesIn = true
				sum := streamed(t, s, nil, func(r *rig, p *pipeline.Pipeline) {
					s.put(20)
					time.Sleep(2 * time.Second)
					err := p.Reload(c.build)
					if err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("error %v, want %s", err, c.want)
					}
					if st := p.Status(); st.Generation != 1 || st.Reloads.Refused != 1 || !strings.Contains(st.Reloads.Error, c.want) {
						t.Errorf("generation %d, %+v", st.Generation, st.Reloads)
					}
					s.put(20)
				})
				if sum.Counts.Delivered != 40 {
					t.Errorf("%+v", sum.Counts)
				}
			})
		})
	}
}

func TestReloadOfARunWithAnEnd(t *testing.T) {
	p, err := pipeline.New(newRig(t, 1, 1).cfg)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, p.Reload(change(pipeline.Change{})), fault.ReloadRefused)
}
