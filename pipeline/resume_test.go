package pipeline

import (
	"context"
	"errors"
	"testing"
)

// keeps is a sink that has a split up to an offset.
type keeps struct {
	Sink
	next int64
	err  error
}

func (k keeps) Resume(context.Context, *Split) (int64, error) { return k.next, k.err }

// forgets is a sink that keeps no offsets.
type forgets struct{ Sink }

// recalls is a Recorder that has a split up to an offset.
type recalls struct {
	Recorder
	next      int64
	err       error
	committed *int64 // what the source remembers, as it is told
}

func (r recalls) Resume(_ context.Context, _ *Split, committed int64) (int64, error) {
	*r.committed = committed
	return r.next, r.err
}

// TestResumeAsksAll goes on where the one that has least does: sinks that keep offsets pass over what they have, and nobody else does.
func TestResumeAsksAll(t *testing.T) {
	broken := errors.New("broken")
	const source = 50 // what the source remembers
	told := int64(0)
	recorded := func(next int64) *recalls { return &recalls{next: next, committed: &told} }
	for name, c := range map[string]struct {
		recorder *recalls
		sinks    []Sink
		want     int64
		err      error
	}{
		"a recorder alone":                   {recorder: recorded(40), sinks: []Sink{forgets{}}, want: 40},
		"sinks alone":                        {sinks: []Sink{keeps{next: 70}, keeps{next: 60}}, want: 60},
		"a sink among others":                {sinks: []Sink{keeps{next: 70}, forgets{}}, want: source},
		"a sink behind, among others":        {sinks: []Sink{keeps{next: 30}, forgets{}}, want: 30},
		"a new sink alone":                   {sinks: []Sink{keeps{next: -1}}, want: source},
		"a new sink beside another":          {sinks: []Sink{keeps{next: 70}, keeps{next: -1}}, want: source},
		"a recorder behind the sinks":        {recorder: recorded(40), sinks: []Sink{keeps{next: 60}}, want: 40},
		"a recorder before a sink":           {recorder: recorded(40), sinks: []Sink{keeps{next: 30}, forgets{}}, want: 30},
		"a recorder beside a new sink":       {recorder: recorded(40), sinks: []Sink{keeps{next: -1}, forgets{}}, want: 40},
		"a recorder that has nothing":        {recorder: recorded(-1), sinks: []Sink{keeps{next: 30}, forgets{}}, want: -1},
		"a recorder that has nothing, alone": {recorder: recorded(-1), sinks: []Sink{keeps{next: 30}}, want: -1},
		"a recorder that fails":              {recorder: &recalls{err: broken, committed: &told}, sinks: []Sink{keeps{}}, err: broken},
		"a sink that fails":                  {recorder: recorded(40), sinks: []Sink{keeps{err: broken}}, err: broken},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pipeline{}
			if c.recorder != nil {
				p.cfg.Recorder = c.recorder
			}
			for _, s := range c.sinks {
				p.cfg.Sinks = append(p.cfg.Sinks, NamedSink{Sink: s})
			}
			told = source
			next, err := p.resume()(t.Context(), &Split{ID: "one"}, source)
			if !errors.Is(err, c.err) || err == nil && next != c.want {
				t.Errorf("got %d, %v, want %d, %v", next, err, c.want, c.err)
			}
			if told != source {
				t.Errorf("the recorder is told %d, want %d", told, source)
			}
		})
	}
	if p := (&Pipeline{cfg: Config{Sinks: []NamedSink{{Sink: forgets{}}}}}); p.resume() != nil {
		t.Error("somebody is asked where nobody keeps anything")
	}
}
