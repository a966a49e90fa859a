package term

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/learning"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

// Training is what winnow train has to tell.
type Training struct {
	*head.Report
	Mode       classify.Mode
	Read       int64 // records
	Unlabelled int64 // of which so many have no label, and were left out
	Blank      int64 // or have no text
	Rejected   int64 // or could not be read
	Twice      []TwiceLabelled
	Data       string // hash of texts and labels: sha256:…
	Saved      Saved
	Heads      []Head // the chosen one, then the other where it was tried
}

// Head is what a way of learning reached.
type Head struct {
	Name       string        // linear or fasttext
	Accuracy   float64       // of records that it was not shown
	Tested     int           // so many of them
	Features   string        // what winnow's own learnt from
	Took       time.Duration // to learn, and to find out how well
	Parameters *FastText     // of a fastText model
	Failed     string        // why it came to nothing
	Skipped    string        // why it was not tried
}

// FastText are the parameters of a fastText model.
type FastText struct {
	Dim        int     `json:"dim"`
	Epoch      int     `json:"epoch"`
	LR         float64 `json:"lr"`
	WordNgrams int     `json:"word_ngrams"`
	MinN       int     `json:"minn"`
	MaxN       int     `json:"maxn"`
	Bucket     int     `json:"bucket"`
	Trials     int     `json:"trials"` // in which they were found
}

// MarshalJSON writes the head for programs.
func (h Head) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name       string    `json:"name"`
		Accuracy   float64   `json:"accuracy"`
		Tested     int       `json:"tested"`
		Seconds    float64   `json:"seconds"`
		Features   string    `json:"features,omitempty"`
		Parameters *FastText `json:"parameters,omitempty"`
		Failed     string    `json:"failed,omitempty"`
		Skipped    string    `json:"skipped,omitempty"`
	}{h.Name, h.Accuracy, h.Tested, h.Took.Seconds(), h.Features, h.Parameters, h.Failed, h.Skipped})
}

// heads says which head was chosen, and what the other one reached.
func heads(b *strings.Builder, t *Training, s Style) {
	line := ""
	for i, h := range t.Heads {
		reached := fmt.Sprintf("%s of %s in %s", percent(h.Accuracy, 1), Plural(int64(h.Tested), "record"), Duration(h.Took))
		switch {
		case h.Failed != "":
			line += fmt.Sprintf("; %s came to nothing: %s", h.Name, h.Failed)
		case h.Skipped != "":
			line += fmt.Sprintf("; %s was not tried: %s", h.Name, h.Skipped)
		case i > 0:
			line += fmt.Sprintf("; %s: %s", h.Name, reached)
		case len(t.Heads) > 1 && t.Heads[1].Skipped == "":
			line = fmt.Sprintf("head: %s, the better one: %s", h.Name, reached)
		default:
			line = "head: " + h.Name
		}
		if h.Features != "" {
			line += fmt.Sprintf(" (%s)", h.Features)
		}
		if p := h.Parameters; p != nil {
			line += fmt.Sprintf(" (dim %d, epoch %d, lr %.3g, word n-grams %d, characters %d to %d, bucket %d)", p.Dim, p.Epoch, p.LR, p.WordNgrams, p.MinN, p.MaxN, p.Bucket)
		}
	}
	b.WriteString(s.paint(dim, clean(line)) + "\n")
}

// Saved is the version that something was saved as; the zero Saved: nowhere.
type Saved struct {
	Ref     string // name@vN
	Existed bool   // it was there before
	Hash    string // short
}

// write says it, with a blank line before.
func (s Saved) write(b *strings.Builder) {
	switch {
	case s.Ref == "":
	case s.Existed:
		fmt.Fprintf(b, "\nnothing new: the same is there already as %s (%s)\n", s.Ref, s.Hash)
	default:
		fmt.Fprintf(b, "\nsaved %s (%s)\n", s.Ref, s.Hash)
	}
}

// TwiceLabelled is a text that stands under two labels.
type TwiceLabelled struct {
	First  string    `json:"first"` // file:row
	Second string    `json:"second"`
	Labels [2]string `json:"labels"`
}

// Evaluation is the part of the report that is saved with the classifier: what depends on data and parameters alone.
type Evaluation struct {
	Accuracy float64         `json:"accuracy"`
	MicroF1  float64         `json:"micro_f1"`
	MacroF1  float64         `json:"macro_f1"`
	ECE      float64         `json:"ece"`
	Rows     int             `json:"rows"` // tested
	Data     string          `json:"data"`
	Method   string          `json:"method"`
	Labels   []LabelTraining `json:"labels"`
	Curve    []CurvePoint    `json:"curve,omitempty"`
	Expected float64         `json:"expected,omitempty"` // with twice as many records
}

// LabelTraining is how well a label was learnt.
type LabelTraining struct {
	Label     string  `json:"label"`
	Rows      int     `json:"rows"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// CurvePoint is a point of the learning curve.
type CurvePoint struct {
	Rows  int     `json:"rows"`
	Score float64 `json:"score"`
}

func curvePoints(curve []learning.Point) (points []CurvePoint) {
	for _, p := range curve {
		points = append(points, CurvePoint(p))
	}
	return points
}

// Evaluation is what is saved with the classifier.
func (t *Training) Evaluation() Evaluation {
	e := Evaluation{
		Accuracy: t.Accuracy, MicroF1: t.MicroF1, MacroF1: t.MacroF1, ECE: t.ECE, Rows: t.Tested, Data: t.Data,
		Method: "cross-validation", Expected: t.Expected,
	}
	for _, l := range t.PerLabel {
		e.Labels = append(e.Labels, LabelTraining{l.Name, l.Rows, ratio(l.Right, l.Given), ratio(l.Right, l.Rows)})
	}
	e.Curve = curvePoints(t.Curve)
	return e
}

// MarshalJSON writes the report for programs.
func (t *Training) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Saved      string          `json:"saved,omitempty"`
		Existed    bool            `json:"existed,omitempty"`
		Mode       classify.Mode   `json:"mode"`
		Heads      []Head          `json:"heads"` // the chosen one first
		Seconds    float64         `json:"seconds"`
		Read       int64           `json:"read"`
		Used       int             `json:"used"`
		Unlabelled int64           `json:"unlabelled"`
		Blank      int64           `json:"blank"`
		Rejected   int64           `json:"rejected"`
		Unlearnt   []string        `json:"labels_without_records,omitempty"`
		Conflicts  int             `json:"conflicts"` // texts under two labels
		Twice      []TwiceLabelled `json:"labelled_twice,omitempty"`
		Evaluation Evaluation      `json:"evaluation"`
	}{
		t.Saved.Ref, t.Saved.Existed, t.Mode, t.Heads, t.Took.Seconds(), t.Read, t.Used, t.Unlabelled, t.Blank, t.Rejected, t.Empty, t.Conflicting, t.Twice,
		t.Evaluation(),
	})
}

func ratio(part, total int) float64 {
	if total == 0 {
		return 0
	}
	return float64(part) / float64(total)
}

// How much of what could be long a report shows.
const (
	shownWeak  = 10
	shownTwice = 5
)

// With fewer examples a label, or fewer records to test, a learning curve shows chance.
const (
	curveFrom   = 2
	curveTested = 50
)

// WriteTraining draws the report of winnow train.
func WriteTraining(w io.Writer, t *Training, s Style) error {
	b := new(strings.Builder)
	fmt.Fprintf(b, "learnt %s of %s in %s\n", Plural(int64(t.Labels), "label"), Plural(int64(t.Used), "record"), Duration(t.Took))
	line := fmt.Sprintf("accuracy %s  macro-F1 %s  calibration error %s", percent(t.Accuracy, 1), decimal(t.MacroF1, 3), decimal(t.ECE, 3))
	if t.Mode == classify.Multi {
		line = fmt.Sprintf("micro-F1 %s  macro-F1 %s  calibration error %s", decimal(t.MicroF1, 3), decimal(t.MacroF1, 3), decimal(t.ECE, 3))
	}
	b.WriteString(s.paint(bold, line) + s.paint(dim, fmt.Sprintf("  (%s, none of them learnt from)", Plural(int64(t.Tested), "record"))) + "\n")
	heads(b, t, s)
	learningCurve(b, t, s)
	weakest(b, t, s)
	trainingNotes(b, t, s)
	t.Saved.write(b)
	_, err := io.WriteString(w, b.String())
	return err
}

func learningCurve(b *strings.Builder, t *Training, s Style) {
	points := slices.DeleteFunc(slices.Clone(t.Curve), func(p learning.Point) bool { return p.Rows < curveFrom*t.Labels })
	if t.Tested < curveTested {
		return
	}
	name := "accuracy"
	if t.Mode == classify.Multi {
		name = "micro-F1"
	}
	drawCurve(b, name, points, t.Expected, t.Used, s)
}

// drawCurve draws a learning curve, and what twice as many examples as were used are expected to bring.
func drawCurve(b *strings.Builder, score string, points []learning.Point, expected float64, used int, s Style) {
	if len(points) < 2 {
		return
	}
	b.WriteByte('\n')
	table := &labelRows{Table{Head: []string{"learnt from", score, ""}, Align: []Align{Right, Right, Left}}}
	for _, p := range points {
		table.Row(Count(int64(p.Rows)), percent(p.Score, 1), bar(p.Score, 20))
	}
	if expected > points[len(points)-1].Score {
		table.Dim(Count(2*int64(used)), percent(expected, 1), "expected, if the curve goes on like this")
	}
	table.write(b, s)
}

// weakest are the labels that would gain most from more or better examples.
func weakest(b *strings.Builder, t *Training, s Style) {
	labels := slices.DeleteFunc(slices.Clone(t.PerLabel), func(l head.LabelReport) bool { return l.Rows == 0 })
	f1 := func(l head.LabelReport) float64 { return ratio(2*l.Right, l.Given+l.Rows) }
	slices.SortStableFunc(labels, func(a, b head.LabelReport) int { return cmp.Compare(f1(a), f1(b)) })
	if len(labels) == 0 {
		return
	}
	b.WriteByte('\n')
	table := &labelRows{Table{
		Head: []string{"label", "records", "precision", "recall", "F1", ""}, Align: []Align{Left, Right, Right, Right, Right, Left},
	}}
	for _, l := range labels[:min(len(labels), shownWeak)] {
		table.Row(l.Name, Count(int64(l.Rows)), decimal(ratio(l.Right, l.Given), 3), decimal(ratio(l.Right, l.Rows), 3), decimal(f1(l), 3), bar(f1(l), 15))
	}
	if more := len(labels) - shownWeak; more > 0 {
		table.Dim(fmt.Sprintf("(%d better ones)", more))
	}
	table.write(b, s)
}

func trainingNotes(b *strings.Builder, t *Training, s Style) {
	note := func(format string, args ...any) {
		b.WriteString(s.paint(dim, clean(fmt.Sprintf("note: "+format, args...))) + "\n")
	}
	if t.Unlabelled > 0 {
		note("%s left out: no label", Plural(t.Unlabelled, "record"))
	}
	if left := t.Rows - int64(t.Used); left > 0 {
		note("%s left out, spread evenly: more than are learnt from", Plural(left, "record"))
	}
	if t.Blank > 0 {
		note("%s left out: no text", Plural(t.Blank, "record"))
	}
	if t.Rejected > 0 {
		note("%s rejected, counted nowhere above", Plural(t.Rejected, "record"))
	}
	if len(t.Empty) > 0 {
		note("known by name and description alone: %s", strings.Join(t.Empty, ", "))
	}
	if t.Conflicting > 0 {
		note("%s labelled in two ways; which is right?", Plural(int64(t.Conflicting), "text"))
		for _, d := range t.Twice[:min(len(t.Twice), shownTwice)] {
			b.WriteString(s.paint(dim, clip(clean(fmt.Sprintf("      %s %s, %s %s", filepath.Base(d.First), d.Labels[0], filepath.Base(d.Second), d.Labels[1])), s.columns())) + "\n")
		}
	}
}

// TrainingProgress says in one line how far a stage of a training is.
func TrainingProgress(stage string, done, total int) string {
	what := map[string]string{
		"features": "finding n-grams", "choose": "choosing parameters", "validate": "validating", "train": "training", "curve": "measuring the learning curve",
		"tune": "trying parameters",
	}[stage]
	if what == "" {
		what = stage
	}
	if total > 0 {
		return fmt.Sprintf("%s  %s %d of %d", what, gauge(float64(done)/float64(total), 20), done, total)
	}
	return what
}
