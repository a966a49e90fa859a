package active_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/active"
	"github.com/winnow-stream/winnow/classify/eval"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// texts are n texts of some topics, in an order that the seed decides.
func texts(n int, seed uint64) []active.Candidate {
	topics := []string{"card payment refund", "parcel delivery late", "password login account", "app crash error", "invoice tax address"}
	more := []string{"please", "today", "again", "help", "why", "urgent", "thanks", "still", "never", "question"}
	var all []active.Candidate
	for i := range n {
		all = append(all, active.Candidate{
			Text:   fmt.Sprintf("%s %s %s %d", topics[i%len(topics)], more[i/5%len(more)], more[i/50%len(more)], i),
			Place:  eval.Place{File: "in", Row: int64(i + 1)},
			Margin: float64(i%7) / 7,
		})
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func choose(t testing.TB, cfg active.Config, labelled []string, all []active.Candidate) []string {
	t.Helper()
	c, err := active.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range labelled {
		c.Labelled(l)
	}
	for i := range all {
		c.Add(&all[i])
	}
	picks, err := c.Choose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chosen := make([]string, len(picks))
	for i, p := range picks {
		chosen[i] = p.Text
	}
	return chosen
}

// TestDeterministic holds that neither the order of the texts nor the number of cores changes a choice, whether or not all
// of them are kept.
func TestDeterministic(t *testing.T) {
	for _, rows := range []int{5000, 300, 40} {
		want := choose(t, active.Config{Count: 20, Rows: rows, Workers: 1}, nil, texts(3000, 0))
		if len(want) != 20 {
			t.Fatalf("chose %d of 20", len(want))
		}
		for seed := range uint64(3) {
			got := choose(t, active.Config{Count: 20, Rows: rows, Workers: 3}, nil, texts(3000, seed))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d rows, order %d (-want +got):\n%s", rows, seed, diff)
			}
		}
	}
	one := choose(t, active.Config{Count: 20, Rows: 40}, nil, texts(3000, 0))
	if other := choose(t, active.Config{Count: 20, Rows: 40, Seed: 1}, nil, texts(3000, 0)); slices.Equal(one, other) {
		t.Error("another seed looks at the same sample")
	}
}

// TestOnce holds that equal texts are one, and that nothing that is labelled comes again.
func TestOnce(t *testing.T) {
	all := texts(200, 0)
	for i := range 200 {
		same := all[i]
		same.Text = "  " + same.Text + "\n"
		all = append(all, same)
	}
	chosen := choose(t, active.Config{Count: 400}, []string{all[0].Text, "CARD payment   refund please please 0"}, all)
	seen := map[string]bool{}
	for _, c := range chosen {
		trimmed := strings.TrimSpace(c)
		if seen[trimmed] {
			t.Errorf("%q twice", c)
		}
		seen[trimmed] = true
		if trimmed == strings.TrimSpace(all[0].Text) || trimmed == "card payment refund please please 0" {
			t.Errorf("%q is labelled", c)
		}
	}
}

// TestSpread holds that every topic comes before one of them comes twice, and that what is labelled counts.
func TestSpread(t *testing.T) {
	topic := func(text string) string { return text[:4] }
	first := choose(t, active.Config{Count: 5}, nil, texts(1000, 0))
	topics := map[string]bool{}
	for _, c := range first {
		topics[topic(c)] = true
	}
	if len(topics) != 5 {
		t.Errorf("of five topics, there are %d in %q", len(topics), first)
	}
	next := choose(t, active.Config{Count: 4}, first[:1], texts(1000, 0))
	for _, c := range next {
		if topic(c) == topic(first[0]) {
			t.Errorf("%q is like what is labelled", c)
		}
	}
}

// TestUnsure holds that of two texts that stand for as many others, the unsure ones' comes first.
func TestUnsure(t *testing.T) {
	var all []active.Candidate
	for i := range 20 {
		all = append(all,
			active.Candidate{Text: fmt.Sprintf("parcel delivery late %d", i), Margin: 0.9},
			active.Candidate{Text: fmt.Sprintf("password login account %d", i), Margin: 0.1})
	}
	if got := choose(t, active.Config{Count: 1}, nil, all); got[0][:4] != "pass" {
		t.Errorf("first is %q", got[0])
	}
}

func TestNothing(t *testing.T) {
	if got := choose(t, active.Config{}, nil, nil); len(got) != 0 {
		t.Errorf("chose %q of nothing", got)
	}
	if got := choose(t, active.Config{}, nil, []active.Candidate{{Text: ""}, {Text: "\x00"}}); len(got) != 0 {
		t.Errorf("chose %q without a word", got)
	}
	if _, err := active.New(active.Config{Count: active.MaxCount + 1}); err == nil {
		t.Error("a count above the limit is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := active.New(active.Config{})
	if err != nil {
		t.Fatal(err)
	}
	all := texts(100, 0)
	for i := range all {
		c.Add(&all[i])
	}
	if _, err := c.Choose(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMargins(t *testing.T) {
	scores := func(p ...float32) (s []classify.Score) {
		for i, c := range p {
			s = append(s, classify.Score{Label: int32(i), Confidence: c})
		}
		return s
	}
	near := func(got, want float64) bool { return got > want-1e-6 && got < want+1e-6 }
	for _, c := range []struct {
		scores        []classify.Score
		single, multi float64
	}{
		{nil, 0, 0},
		{scores(0.75), 0.5, 0.5},
		{scores(0.25), 0.5, 0.5},
		{scores(0.75, 0.25), 0.5, 0.5},
		{scores(0.5, 0.5), 0, 0},
		{scores(1, 0), 1, 1},
	} {
		if got := active.MarginOf(c.scores); !near(got, c.single) {
			t.Errorf("margin of %v: %v, want %v", c.scores, got, c.single)
		}
		if got := active.MultiMargin(c.scores, 0.5); !near(got, c.multi) {
			t.Errorf("margin of several, %v: %v, want %v", c.scores, got, c.multi)
		}
	}
}

// BenchmarkAdd is what a text costs while the input is read.
func BenchmarkAdd(b *testing.B) {
	c, err := active.New(active.Config{Rows: 1000})
	if err != nil {
		b.Fatal(err)
	}
	all := texts(100_000, 0)
	for i := range all {
		c.Add(&all[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Add(&all[i%len(all)])
	}
}

// BenchmarkChoose is the choice out of as many texts as are kept.
func BenchmarkChoose(b *testing.B) {
	all := texts(40_000, 0)
	for b.Loop() {
		choose(b, active.Config{Count: 100}, nil, all)
	}
}
