package answer

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// given is a label of an answer.
type given struct {
	Label      string
	Confidence float64 // NaN where it is unknown
}

// answers reads a row's labels, highest confidence first: a text, a list of texts, or a list of {label, confidence} as
// winnow writes it, as columns or as JSON text.
func answers(col arrow.Array, row int) (all []given, isList bool, err error) {
	if col == nil || col.IsNull(row) {
		return nil, false, nil
	}
	switch c := col.(type) {
	case *array.List:
		isList = true
		if pairs, ok := c.ListValues().(*array.Struct); ok {
			from, to := c.ValueOffsets(row)
			if all, err = scored(pairs, int(from), int(to)); err != nil {
				return nil, true, err
			}
			sortByConfidence(all)
			return all, true, nil
		}
	case *array.String, *array.Dictionary:
		text := textAt(col, row)
		isList = strings.HasPrefix(text, "[")
		if isList && json.Valid([]byte(text)) && strings.Contains(text, "{") {
			if all, err = scoredJSON(text); err != nil {
				return nil, true, err
			}
			sortByConfidence(all)
			return all, true, nil
		}
	}
	names, _ := pipeline.LabelNames(col, row, nil)
	for _, n := range names {
		all = append(all, given{n, math.NaN()})
	}
	return all, isList, nil
}

// sortByConfidence puts the highest first, unknown ones last.
func sortByConfidence(all []given) {
	slices.SortStableFunc(all, func(a, b given) int { return cmp.Compare(b.Confidence, a.Confidence) })
}

// scored reads labels and confidences out of columns of these names.
func scored(pairs *array.Struct, from, to int) ([]given, error) {
	var labels, confidences arrow.Array
	for i, f := range pairs.DataType().(*arrow.StructType).Fields() {
		switch f.Name {
		case pipeline.ResLabel:
			labels = pairs.Field(i)
		case pipeline.ResConfidence:
			confidences = pairs.Field(i)
		}
	}
	if labels == nil {
		return nil, fault.New(fault.EvalValue, "the list holds no labels")
	}
	var all []given
	for i := from; i < to; i++ {
		g := given{textAt(labels, i), math.NaN()}
		if confidences != nil {
			var err error
			if g.Confidence, err = confidence(confidences, i); err != nil {
				return nil, err
			}
		}
		all = append(all, g)
	}
	return all, nil
}

func scoredJSON(text string) ([]given, error) {
	var list []struct {
		Label      *string  `json:"label"`
		Confidence *float64 `json:"confidence"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fault.New(fault.EvalValue, "a list of labels can't be read: %w", err)
	}
	all := make([]given, len(list))
	for i, l := range list {
		if l.Label == nil {
			return nil, fault.New(fault.EvalValue, "the list holds no labels")
		}
		all[i] = given{*l.Label, math.NaN()}
		if l.Confidence != nil {
			if err := inRange(*l.Confidence, strconv.FormatFloat(*l.Confidence, 'g', -1, 64)); err != nil {
				return nil, err
			}
			all[i].Confidence = *l.Confidence
		}
	}
	return all, nil
}

// confidence reads a row's confidence.
func confidence(col arrow.Array, row int) (float64, error) {
	if col.IsNull(row) {
		return 0, fault.New(fault.EvalValue, "the answer has no confidence")
	}
	switch c := col.(type) {
	case *array.Float32:
		v := float64(c.Value(row))
		return v, inRange(v, c.ValueStr(row))
	case *array.Float64:
		return c.Value(row), inRange(c.Value(row), c.ValueStr(row))
	}
	text := strings.TrimSpace(textAt(col, row))
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v = math.NaN()
	}
	return v, inRange(v, text)
}

func inRange(v float64, text string) error {
	if v >= 0 && v <= 1 {
		return nil
	}
	if len(text) > 40 {
		text = text[:40]
	}
	return fault.New(fault.EvalValue, "the confidence %q is no number from 0 to 1", text)
}

// textAt is a row's value as text; empty where there is none.
func textAt(col arrow.Array, row int) string {
	if col == nil || col.IsNull(row) {
		return ""
	}
	switch c := col.(type) {
	case *array.String:
		return c.Value(row)
	case *array.Dictionary:
		return textAt(c.Dictionary(), c.GetValueIndex(row))
	default:
		return c.ValueStr(row)
	}
}

// besides are the names that winnow gives the column of confidences beside one of labels, likeliest first: predicted_label
// has predicted_confidence where the input had a field confidence, else confidence.
func besides(predictions string) []string {
	prefix, ok := strings.CutSuffix(predictions, pipeline.ResLabel)
	if !ok {
		return nil
	}
	return []string{prefix + pipeline.ResConfidence, pipeline.ResConfidence}
}
