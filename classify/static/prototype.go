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

// labelVector is the normalized sum of the unit vectors of a label's name and description; false when no word of them is
// known.
func (t *Table) labelVector(l classify.Label, s *scratch) ([]float64, bool) {
	v := make([]float64, t.rows.Dim())
	t.addUnit(v, words(l.Name), s)
	t.addUnit(v, l.Description, s)
	return v, normalize(v)
}

// addUnit adds the unit vector of a text to v; false when the text has none.
func (t *Table) addUnit(v []float64, text string, s *scratch) bool {
	if _, known := t.embed([]byte(text), s); !known {
		return false
	}
	for d, x := range s.vector {
		v[d] += float64(x) / kernel.Unit
	}
	return true
}

// prototype is a label's vector and the mean of its examples' unit vectors, added up and normalized.
func (t *Table) prototype(l classify.Label, s *scratch) ([]float64, error) {
	v, ok := t.labelVector(l, s)
	sum, n := make([]float64, t.rows.Dim()), 0
	for _, e := range l.Examples {
		if t.addUnit(sum, e, s) {
			n++
		}
	}
	for d := range sum {
		v[d] += sum[d] / float64(max(n, 1))
	}
	if n > 0 {
		ok = normalize(v)
	}
	if !ok {
		return nil, fault.New(fault.LabelsNoWords, "no word of the label %q is known", l.Name)
	}
	return v, nil
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
