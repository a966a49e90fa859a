package static

import (
	"math"
	"regexp"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// camel is where a capital letter follows a small one.
var camel = regexp.MustCompile(`([a-z])([A-Z])`)

// words reads a label's name in snake_case, kebab-case or CamelCase as words.
func words(name string) string {
	return strings.NewReplacer("_", " ", "-", " ").Replace(camel.ReplaceAllString(name, "$1 $2"))
}

// learn reads a label's name, description and examples. The error is about a label of which no word is known.
func (t *Table) learn(l classify.Label, s *scratch) (learner, error) {
	dim := t.rows.Dim()
	out := learner{label: make([]float64, dim), sum: make([]float64, dim)}
	t.addUnit(out.label, words(l.Name), s)
	t.addUnit(out.label, l.Description, s)
	known := normalize(out.label)
	for _, e := range l.Examples {
		if t.addUnit(out.sum, e, s) {
			out.texts = append(out.texts, append([]int16(nil), s.vector...))
		}
	}
	if !known && len(out.texts) == 0 {
		return out, fault.New(fault.LabelsNoWords, "no word of the label %q is known", l.Name)
	}
	return out, nil
}

// addUnit adds the unit vector of a text to v; false when the text has none.
func (t *Table) addUnit(v []float64, text string, s *scratch) bool {
	if !t.embed([]byte(text), s) {
		return false
	}
	for d, x := range s.vector {
		v[d] += float64(x) / kernel.Unit
	}
	return true
}

// normalize scales v to length 1; false when it is zero. Sums run in order and products are rounded by themselves, so
// that no machine fuses them.
func normalize(v []float64) bool {
	var s float64
	for _, x := range v {
		s += float64(x * x)
	}
	if s == 0 {
		return false
	}
	n := math.Sqrt(s)
	for d := range v {
		v[d] /= n
	}
	return true
}

// store rounds a vector of length 1 into the kernel's form.
func store(dst []int16, v []float64) {
	for d, x := range v {
		dst[d] = int16(math.RoundToEven(float64(x * kernel.Unit)))
	}
}
