package head

import (
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/linear/conflict"
)

// duplicates finds texts that have different labels. Each is reported beside its first occurrence.
func (t *trainer) duplicates(r *Report) {
	d := t.data
	labels := func(i int) []int32 { return d.labels(int32(i)) }
	var found []conflict.Conflict
	found, r.Conflicting = conflict.Find(d.real, func(i int) string { return d.texts[i] }, func(a, b int) bool {
		return slices.Equal(labels(a), labels(b))
	})
	for _, c := range found {
		r.Duplicates = append(r.Duplicates, Duplicate{
			d.numbers[c.First], d.numbers[c.Second], [2]string{d.names(labels(c.First)), d.names(labels(c.Second))},
		})
	}
}

// names joins labels by commas.
func (d *data) names(labels []int32) string {
	var names []string
	for _, l := range labels {
		names = append(names, d.set[l].Name)
	}
	return strings.Join(names, ", ")
}
