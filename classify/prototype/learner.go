package prototype

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

// Words reads a label's name in snake_case, kebab-case or CamelCase as words.
func Words(name string) string {
	return strings.NewReplacer("_", " ", "-", " ").Replace(camel.ReplaceAllString(name, "$1 $2"))
}

// learn reads a label's name, description and examples. The error is about a label of which no word is known.
func learn(l classify.Label, dim int, e Embedder) (learner, error) {
	out := learner{label: make([]float64, dim), sum: make([]float64, dim)}
	addUnit(out.label, Words(l.Name), e)
	addUnit(out.label, l.Description, e)
	known := normalize(out.label)
	for _, text := range l.Examples {
		if v := addUnit(out.sum, text, e); v != nil {
			out.texts = append(out.texts, append([]int16(nil), v...))
		}
	}
	if !known && len(out.texts) == 0 {
		return out, fault.New(fault.LabelsNoWords, "no word of the label %q is known", l.Name)
	}
	return out, nil
}

// addUnit adds the unit vector of a text to v and returns it; nil when the text has none.
func addUnit(v []float64, text string, e Embedder) []int16 {
	vector, _ := e.Embed([]byte(text))
	for d, x := range vector {
		v[d] += float64(x) / kernel.Unit
	}
	return vector
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
