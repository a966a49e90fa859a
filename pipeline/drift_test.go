package pipeline

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func labelled(counts ...int64) *Tally {
	t := &Tally{}
	for i, n := range counts {
		t.Labels = append(t.Labels, LabelTally{Name: string(rune('a' + i)), Count: n})
		t.Histogram[0] += n
	}
	return t
}

func TestDrift(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := &drift{window: 1000}
	steps := []struct {
		name   string
		after  time.Duration
		tally  *Tally
		times  int
		psi    float64 // -1: none
		window int64
	}{
		{"the reference", 0, labelled(8, 2), 100, -1, 0},
		{"too few to judge", time.Second, labelled(8, 2), 9, -1, 0},
		{"the same shares", 0, labelled(8, 2), 91, 0, 1000},
		{"twice as many of one", time.Second, labelled(6, 4), 100, 0.2 * math.Log(0.4/0.2*0.8/0.6), 1000},
		{"an hour without records", time.Hour, labelled(8, 2), 5, -1, 0},
		{"other labels are another reference", 0, labelled(8, 1, 1), 100, -1, 0},
		{"which begins anew", 0, labelled(8, 1, 1), 50, 0, 500},
	}
	for _, s := range steps {
		now = now.Add(s.after)
		for range s.times {
			d.add(now, s.tally)
		}
		v := d.value(now)
		switch {
		case s.psi < 0 && v != nil:
			t.Errorf("%s: %+v, want none", s.name, v)
		case s.psi < 0:
		case v == nil:
			t.Errorf("%s: none", s.name)
		case math.Abs(v.PSI-s.psi) > 0.002 || v.Window != s.window || v.Reference != 1000:
			t.Errorf("%s: %+v, want %v over %d", s.name, v, s.psi, s.window)
		case s.psi > 0 && (v.Label != "b" || v.Was > 0.21 || v.Is < 0.39):
			t.Errorf("%s: moved %s from %v to %v", s.name, v.Label, v.Was, v.Is)
		}
	}
	if len(d.slots) > 2*driftSlots {
		t.Errorf("%d slots", len(d.slots))
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{0, time.Millisecond, 2 * time.Millisecond, time.Minute} {
		h.Add(d)
	}
	if h.Counts[0] != 2 || h.Counts[1] != 1 || h.Counts[len(DurationBounds)] != 1 || h.Count() != 4 || h.Sum != time.Minute+3*time.Millisecond {
		t.Errorf("%+v", h)
	}
}

func TestClip(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", tapText+1), strings.Repeat("é", tapText), "x" + strings.Repeat("😀", tapText)} {
		got := clip([]byte(text))
		if !utf8.ValidString(got) || !strings.HasPrefix(text, got) || len(got) > tapText || len(text) > tapText && len(got) < tapText-3 {
			t.Errorf("%d bytes of %d: %q", len(got), len(text), got[max(0, len(got)-8):])
		}
	}
}
