package evalset

import (
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

// Tickets are labels for tests that need some.
var Tickets = classify.LabelSet{
	{Name: "billing", Description: "invoices, refunds and payments"},
	{Name: "bug", Description: "something in the product is broken"},
	{Name: "praise", Description: "the customer is happy"},
}

// Array is an array of texts.
func Array(texts ...string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(texts, nil)
	return b.NewStringArray()
}

// Texts are those of examples.
func Texts(examples []Example) []string {
	texts := make([]string, len(examples))
	for i, e := range examples {
		texts[i] = e.Text
	}
	return texts
}

// Quality is how good answers are.
type Quality struct {
	Accuracy float64 // percent: the label is one of the gold labels
	ECE      float64 // expected calibration error over 15 bins of equal width
}

// Measure asks a classifier about examples of its labels.
func Measure(t testing.TB, c classify.Classifier, examples []Example) Quality {
	t.Helper()
	var out classify.Results
	if err := c.Classify(t.Context(), Array(Texts(examples)...), &out); err != nil {
		t.Fatal(err)
	}
	const bins = 15
	var hits, sure [bins]float64
	right := 0.0
	for i, e := range examples {
		b := min(int(out.Confidence[i]*bins), bins-1)
		sure[b] += float64(out.Confidence[i])
		if slices.Contains(e.Gold, out.Label[i]) {
			right++
			hits[b]++
		}
	}
	n := float64(len(examples))
	q := Quality{Accuracy: 100 * right / n}
	for b := range bins {
		q.ECE += math.Abs(hits[b]-sure[b]) / n
	}
	return q
}
