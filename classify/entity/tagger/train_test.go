package tagger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/classify/learning"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// of yields examples.
func of(examples []tagger.Example) iter.Seq2[tagger.Example, error] {
	return func(yield func(tagger.Example, error) bool) {
		for _, e := range examples {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// parsed makes an example of a text in which entities are marked as [type the entity].
func parsed(marked string) tagger.Example {
	var e tagger.Example
	for marked != "" {
		before, rest, found := strings.Cut(marked, "[")
		e.Text += before
		if !found {
			break
		}
		entity, after, _ := strings.Cut(rest, "]")
		typ, name, _ := strings.Cut(entity, " ")
		e.Entities = append(e.Entities, tagger.Entity{Start: len(e.Text), End: len(e.Text) + len(name), Type: typ})
		e.Text += name
		marked = after
	}
	return e
}

// orders are made-up texts in which customers order things from towns; half of the names and towns occur in those of odd
// seeds alone.
func orders(n int, seed uint64) (out []tagger.Example) {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	first := []string{"Anna", "Ben", "Zoë", "Mehmet", "Olga", "Liam"}
	last := []string{"Smith", "O'Neill", "Kaya", "Ivanova", "Weber"}
	towns := []string{"Paris", "Köln", "New York", "San Jose", "Oslo"}
	if seed%2 == 1 {
		first = append(first, "Rosa", "Emeka", "Hugo", "Mia")
		last = append(last, "Diaz", "Okafor", "Berg")
		towns = append(towns, "Lima", "Port Louis", "Turin")
	}
	for range n {
		name := pick(first...)
		if r.IntN(2) == 0 {
			name += " " + pick(last...)
		}
		town := pick(towns...)
		switch r.IntN(6) {
		case 0:
			out = append(out, parsed(fmt.Sprintf("[person %s] from [place %s] wants %d lamps.", name, town, r.IntN(90))))
		case 1:
			out = append(out, parsed(fmt.Sprintf("Please send the %s to [person %s], who lives in [place %s]!", pick("lamp", "chair", "table"), name, town)))
		case 2:
			out = append(out, parsed(fmt.Sprintf("We delivered it to [place %s] %s.", town, pick("yesterday", "on Monday", "too late"))))
		case 3:
			out = append(out, parsed(fmt.Sprintf("[person %s]'s order was %s", name, pick("cancelled", "lost", "Great"))))
		case 4:
			out = append(out, parsed(fmt.Sprintf("%s is out of stock until %s", pick("The lamp", "This chair", "Table 7"), pick("May", "Friday", "next week"))))
		default:
			out = append(out, parsed(fmt.Sprintf("cc @%s: #delivery http://example.org/%d", strings.ToLower(name[:3]), r.IntN(100))))
		}
	}
	return out
}

func train(t testing.TB, cfg tagger.Config, examples []tagger.Example) (*tagger.Model, *tagger.Report) {
	t.Helper()
	m, report, err := tagger.Train(t.Context(), cfg, of(examples), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m, report
}

// small is a model that several tests look at.
var small = sync.OnceValues(func() (*tagger.Model, error) {
	m, _, err := tagger.Train(context.Background(), tagger.Config{}, of(orders(300, 2)), nil)
	return m, err
})

func smallModel(t testing.TB) *tagger.Model {
	t.Helper()
	m, err := small()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func written(t testing.TB, m *tagger.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := m.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d bytes and counted %d: %v", b.Len(), n, err)
	}
	return b.Bytes()
}

// evaluate finds the entities of examples.
func evaluate(m *tagger.Model, examples []tagger.Example) tagger.Scores {
	e := tagger.NewEvaluation(len(m.Types()))
	for _, x := range examples {
		e.Add(spansOf(m, x.Entities), m.Find(nil, x.Text))
	}
	return e.Scores()
}

// marked writes a text with its spans in brackets.
func marked(m *tagger.Model, text string) string {
	var b strings.Builder
	at := int32(0)
	for _, s := range m.Find(nil, text) {
		fmt.Fprintf(&b, "%s[%s %s]", text[at:s.Start], m.Types()[s.Type], text[s.Start:s.End])
		at = s.End
	}
	return b.String() + text[at:]
}

func TestTrainGeneralizes(t *testing.T) {
	m, report := train(t, tagger.Config{}, orders(300, 2))
	if diff := cmp.Diff([]string{"person", "place"}, m.Types()); diff != "" {
		t.Error(diff)
	}
	if report.Examples != 300 || report.Entities < 200 || report.Features == 0 || report.Iterations == 0 || report.Tokens < 1500 {
		t.Errorf("report: %+v", report)
	}
	if c := report.Curve; len(c) != 0 { // too few entities for one
		t.Errorf("a curve of %d points", len(c))
	}
	if f := report.Validation.Micro.F1; f < 0.9 {
		t.Errorf("want a validated F1 of 0.9, got %.3f", f)
	}
	if s := evaluate(m, orders(300, 3)); s.Micro.F1 < 0.85 {
		t.Errorf("want an F1 of 0.85 with unknown names, got %.3f", s.Micro.F1)
	}
	text := "Please send the chair to Rosa Diaz, who lives in San Jose!"
	if want, got := "Please send the chair to [person Rosa Diaz], who lives in [place San Jose]!", marked(m, text); want != got {
		t.Errorf("want %s\ngot  %s", want, got)
	}
}

func TestTrainIsTheSameWhateverTheWorkers(t *testing.T) {
	examples := orders(120, 5)
	one, _ := train(t, tagger.Config{Workers: 1, Seed: 7, Iterations: 20}, examples)
	many, _ := train(t, tagger.Config{Workers: 7, Seed: 7, Iterations: 20}, examples)
	if !bytes.Equal(written(t, one), written(t, many)) || one.Version() != many.Version() {
		t.Error("1 and 7 workers trained different models")
	}
}

// TestLearningCurve learns from an eighth, a quarter, a half and all of a fold's examples.
func TestLearningCurve(t *testing.T) {
	examples := orders(600, 2)
	for i := range examples {
		if i%4 == 0 { // what nobody marked can't be found out
			examples[i].Entities = nil
		}
	}
	_, report := train(t, tagger.Config{Iterations: 15}, examples)
	if report.Entities < 400 {
		t.Fatalf("%d entities", report.Entities)
	}
	var rows []int
	for _, p := range report.Curve {
		rows = append(rows, p.Rows)
	}
	if d := cmp.Diff([]int{56, 112, 225, 450}, rows); d != "" {
		t.Errorf("learnt from (-want +got):\n%s", d)
	}
	for _, p := range report.Curve {
		if !(p.Score > 0.5 && p.Score < 1) {
			t.Errorf("%v of %d examples", p.Score, p.Rows)
		}
	}
	if want := learning.Extrapolate(report.Curve, 1200); report.Expected != want || want == 0 {
		t.Errorf("expected %v, want %v", report.Expected, want)
	}
}

func TestTrainOfOneType(t *testing.T) {
	examples := orders(100, 2)
	for i := range examples {
		examples[i].Entities = slices.DeleteFunc(examples[i].Entities, func(e tagger.Entity) bool { return e.Type == "place" })
	}
	m, _ := train(t, tagger.Config{Iterations: 30}, examples)
	if s := evaluate(m, examples); s.Micro.F1 < 0.9 || len(m.Types()) != 1 {
		t.Errorf("want an F1 of 0.9 of one type, got %.3f of %v", s.Micro.F1, m.Types())
	}
}

func TestTrainOfFewExamples(t *testing.T) {
	m, report := train(t, tagger.Config{}, []tagger.Example{parsed("call [person Anna] now")})
	if len(report.Validation.Types) != 0 {
		t.Error("nothing can be validated by one example")
	}
	if want, got := "call [person Anna] now", marked(m, "call Anna now"); want != got {
		t.Errorf("want %s, got %s", want, got)
	}
}

// TestTrainOfLongTexts trains on a text of several chains; an entity may lie across a cut.
func TestTrainOfLongTexts(t *testing.T) {
	long := tagger.Example{}
	for _, e := range append(orders(200, 2), parsed("[person "+strings.Repeat("Anna ", 400)+"Smith]")) {
		for _, s := range e.Entities {
			long.Entities = append(long.Entities, tagger.Entity{Start: len(long.Text) + s.Start, End: len(long.Text) + s.End, Type: s.Type})
		}
		long.Text += e.Text + "\n"
	}
	m, _ := train(t, tagger.Config{Iterations: 30}, []tagger.Example{long})
	if s := evaluate(m, orders(200, 2)); s.Micro.F1 < 0.9 {
		t.Errorf("want an F1 of 0.9, got %.3f", s.Micro.F1)
	}
}

func TestTrainRefuses(t *testing.T) {
	good := `{"text":"call Anna","spans":[{"start":5,"end":9,"type":"person"}]}` + "\n"
	many := strings.Builder{}
	for i := range 41 {
		fmt.Fprintf(&many, "{\"tokens\":[\"a\"],\"tags\":[\"B-%d\"]}\n", i)
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "train.entities: none of the examples (0) has an entity"},
		{"no entities", `{"text":"call Anna"}`, "train.entities: none of the examples (1) has an entity"},
		{"overlap", good + `{"text":"New York City","spans":[{"start":0,"end":8,"type":"a"},{"start":4,"end":13,"type":"b"}]}`, `x:2: train.spans: the entities "New York" (a) and "York City" (b) overlap`},
		{"begins inside", `{"text":"pre-show","spans":[{"start":4,"end":8,"type":"a"}]}`, `x:1: train.spans: the entity "show" (a) begins inside of a token, "pre-show"`},
		{"ends inside", `{"text":"a show's-on","spans":[{"start":2,"end":5,"type":"a"}]}`, `x:1: train.spans: the entity "sho" (a) ends inside of a token, "show"`},
		{"two bad lines", "x\n" + good + "y\n", "x:1: record.json: invalid character 'x' looking for beginning of value\nx:3: record.json: invalid character 'y' looking for beginning of value"},
		{"many bad lines", strings.Repeat("x\n", 30), strings.Repeat("x:%d: record.json: invalid character 'x' looking for beginning of value\n", 20) + "train.spans: and 10 more examples that can't be used"},
		{"many types", many.String(), "x:41: train.types: there are more than 40 types of entities: 0, 1, 10, 11, 12, …"},
	} {
		_, _, err := tagger.Train(t.Context(), tagger.Config{}, tagger.Read("x", strings.NewReader(c.in)), nil)
		want := c.want
		if strings.Contains(want, "%d") {
			var lines []any
			for i := range 20 {
				lines = append(lines, i+1)
			}
			want = fmt.Sprintf(want, lines...)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: want %s\ngot  %v", c.name, want, err)
		}
	}
}

func TestTrainSkipsBadExamples(t *testing.T) {
	in := "x\n" + `{"text":"call Anna","spans":[{"start":5,"end":9,"type":"person"}]}` + "\n" + `{"tokens":["Bo"],"tags":["I-person"]}`
	_, report, err := tagger.Train(t.Context(), tagger.Config{SkipBad: true}, tagger.Read("x", strings.NewReader(in)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Skipped != 1 || len(report.SkippedWhy) != 1 || report.Examples != 2 || report.Repaired != 1 {
		t.Errorf("report: %+v", report)
	}
}

func TestTrainStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, _, err := tagger.Train(ctx, tagger.Config{}, of(orders(100, 2)), func(p tagger.Progress) {
		if p.Stage == "validate" && p.Done > 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's error, got %v", err)
	}
}

func TestTrainConfig(t *testing.T) {
	_, _, err := tagger.Train(t.Context(), tagger.Config{Folds: 1, Iterations: -1, Workers: -1}, of(nil), nil)
	if got := fault.List(err); len(got) != 3 {
		t.Errorf("want three errors, got %v", err)
	}
}

// TestTestdata trains on the committed examples in both forms.
func TestTestdata(t *testing.T) {
	for _, name := range []string{"testdata/tags.jsonl", "testdata/spans.jsonl"} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, report, err := tagger.Train(t.Context(), tagger.Config{Iterations: 30}, tagger.Read(name, f), nil)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if report.Examples != 12 || report.Repaired != 1 || len(m.Types()) != 2 {
			t.Errorf("%s: %+v", name, report)
		}
	}
}
