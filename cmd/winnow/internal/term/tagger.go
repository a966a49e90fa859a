package term

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// TaggerTraining is what winnow train has to tell of a tagger.
type TaggerTraining struct {
	*tagger.Report
	Data  string // hash of texts and entities: sha256:…
	Saved Saved
}

// TaggerEvaluation is the part of the report that is saved with the tagger. Of spans there is no accuracy, and no
// calibration error over all of them.
type TaggerEvaluation struct {
	Accuracy  *float64        `json:"accuracy"`
	ECE       *float64        `json:"ece"`
	Precision *float64        `json:"precision"`
	Recall    *float64        `json:"recall"`
	MicroF1   *float64        `json:"micro_f1"` // of exact spans; null where too few were there to validate
	MacroF1   *float64        `json:"macro_f1"`
	Rows      int             `json:"rows"` // texts
	Data      string          `json:"data"`
	Method    string          `json:"method"`
	Labels    []LabelTraining `json:"labels"`
	Curve     []CurvePoint    `json:"curve,omitempty"`    // micro-F1 by number of texts
	Expected  float64         `json:"expected,omitempty"` // with twice as many texts
}

// Evaluation is what is saved with the tagger.
func (t *TaggerTraining) Evaluation() TaggerEvaluation {
	e := spanEvaluation(t.Types, &t.Validation, t.Examples, t.Data, "cross-validation")
	e.Curve, e.Expected = curvePoints(t.Curve), t.Expected
	return e
}

func spanEvaluation(types []string, s *tagger.Scores, texts int, data, method string) TaggerEvaluation {
	e := TaggerEvaluation{Data: data, Method: method}
	if len(s.Types) == 0 { // nothing could be validated
		return e
	}
	e.Rows = texts
	e.Precision, e.Recall, e.MicroF1, e.MacroF1 = &s.Micro.Precision, &s.Micro.Recall, &s.Micro.F1, &s.Macro.F1
	for i, v := range s.Types {
		e.Labels = append(e.Labels, LabelTraining{types[i], v.Gold, v.Precision, v.Recall})
	}
	return e
}

// MarshalJSON writes the report for programs.
func (t *TaggerTraining) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Saved      string           `json:"saved,omitempty"`
		Existed    bool             `json:"existed,omitempty"`
		Seconds    float64          `json:"seconds"`
		Texts      int              `json:"texts"`
		Tokens     int              `json:"tokens"`
		Entities   int              `json:"entities"`
		Repaired   int              `json:"repaired"`
		Evaluation TaggerEvaluation `json:"evaluation"`
	}{t.Saved.Ref, t.Saved.Existed, t.Took.Seconds(), t.Examples, t.Tokens, t.Report.Entities, t.Repaired, t.Evaluation()})
}

// WriteTaggerTraining draws the report of winnow train --task entities.
func WriteTaggerTraining(w io.Writer, t *TaggerTraining, s Style) error {
	b := new(strings.Builder)
	fmt.Fprintf(b, "learnt %s of entities in %s, of which %s are marked, in %s\n",
		Plural(int64(len(t.Types)), "type"), Plural(int64(t.Examples), "text"), Count(int64(t.Report.Entities)), Duration(t.Took))
	if len(t.Validation.Types) > 0 {
		spanScores(b, t.Types, &t.Validation, fmt.Sprintf("%s, none of them learnt from", Plural(int64(t.Examples), "text")), s)
	} else {
		b.WriteString(s.paint(dim, "too few texts or entities to say how good it is") + "\n")
	}
	drawCurve(b, "F1", t.Curve, t.Expected, t.Examples, s)
	if t.Repaired > 0 {
		b.WriteString(s.paint(dim, fmt.Sprintf("note: mended %s: an I- tag that followed none of its type, or white space at a span's end", Plural(int64(t.Repaired), "mark"))) + "\n")
	}
	t.Saved.write(b)
	_, err := io.WriteString(w, b.String())
	return err
}

// TaggerEvaluated is what winnow eval has to tell of a tagger.
type TaggerEvaluated struct {
	Classifier string
	Types      []string // those of the tagger, then others that are marked
	Texts      int
	Data       string // hash of texts and entities: sha256:…
	Scores     tagger.Scores
}

// MarshalJSON writes it in the form that is saved with a tagger, with the counts beside it.
func (e *TaggerEvaluated) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Classifier string `json:"classifier"`
		TaggerEvaluation
		Entities  int `json:"entities"`
		Found     int `json:"found"`
		Right     int `json:"right"`
		WrongType int `json:"wrong_type"`
		Partial   int `json:"partial"` // with other bounds
		Missed    int `json:"missed"`
		Spurious  int `json:"spurious"` // found where there are none
	}{
		e.Classifier, spanEvaluation(e.Types, &e.Scores, e.Texts, e.Data, "held-out data"),
		e.Scores.All.Gold, e.Scores.All.Found, e.Scores.All.Right, e.Scores.All.WrongType,
		e.Scores.All.Partial + e.Scores.All.Mistaken, e.Scores.All.Missed, e.Scores.All.Spurious,
	})
}

// WriteTaggerEvaluated draws the report of winnow eval for a tagger.
func WriteTaggerEvaluated(w io.Writer, e *TaggerEvaluated, s Style) error {
	b := new(strings.Builder)
	spanScores(b, e.Types, &e.Scores, fmt.Sprintf("%s, by classifier %s", Plural(int64(e.Texts), "text"), e.Classifier), s)
	_, err := io.WriteString(w, b.String())
	return err
}

// spanScores draws how well entities were found, each with bounds and type exactly right.
func spanScores(b *strings.Builder, types []string, v *tagger.Scores, of string, s Style) {
	line := fmt.Sprintf("F1 %s  precision %s  recall %s  macro-F1 %s", percent(v.Micro.F1, 1), percent(v.Micro.Precision, 1), percent(v.Micro.Recall, 1), decimal(v.Macro.F1, 3))
	b.WriteString(s.paint(bold, line) + s.paint(dim, "  ("+of+")") + "\n\n")
	table := &labelRows{Table{
		Head:  []string{"type", "entities", "found", "precision", "recall", "F1", ""},
		Align: []Align{Left, Right, Right, Right, Right, Right, Left},
	}}
	for i, x := range v.Types {
		table.Row(types[i], Count(int64(x.Gold)), Count(int64(x.Found)), decimal(x.Precision, 3), decimal(x.Recall, 3), decimal(x.F1, 3), bar(x.F1, 15))
	}
	table.write(b, s)
	all := v.All
	b.WriteString(s.paint(dim, fmt.Sprintf("of %s entities: %s right, %s with another type, %s with other bounds, %s missed; %s found where there are none",
		Count(int64(all.Gold)), Count(int64(all.Right)), Count(int64(all.WrongType)), Count(int64(all.Partial+all.Mistaken)), Count(int64(all.Missed)), Count(int64(all.Spurious)))) + "\n")
}
