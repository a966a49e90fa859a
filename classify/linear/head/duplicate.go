package head

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// maxDuplicates bounds the duplicates that a report lists.
const maxDuplicates = 1000

// duplicates finds texts that differ in white space at their ends at most, and have different labels. Each is reported
// beside its first occurrence.
func (t *trainer) duplicates(r *Report) {
	d := t.data
	type text struct {
		hash uint64
		row  int32
	}
	all := make([]text, d.real)
	for i := range all {
		all[i] = text{xxhash.Sum64String(strings.TrimSpace(d.texts[i])), int32(i)}
	}
	slices.SortFunc(all, func(a, b text) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row))
	})
	for i := 0; i < len(all); {
		first := all[i]
		for i++; i < len(all) && all[i].hash == first.hash; i++ {
			row := all[i].row
			a, b := d.labels(first.row), d.labels(row)
			if slices.Equal(a, b) || strings.TrimSpace(d.texts[first.row]) != strings.TrimSpace(d.texts[row]) {
				continue
			}
			r.Conflicting++
			r.Duplicates = append(r.Duplicates, Duplicate{d.numbers[first.row], d.numbers[row], [2]string{d.names(a), d.names(b)}})
		}
	}
	slices.SortFunc(r.Duplicates, func(a, b Duplicate) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Second, b.Second))
	})
	r.Duplicates = r.Duplicates[:min(len(r.Duplicates), maxDuplicates)]
}

// names joins labels by commas.
func (d *data) names(labels []int32) string {
	var names []string
	for _, l := range labels {
		names = append(names, d.set[l].Name)
	}
	return strings.Join(names, ", ")
}
