package cascade

import (
	"fmt"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
)

// agree maps a stage's labels to those of the first stage, nil where they are the same. The error says in what the two
// differ.
func agree(first, later classify.Info) ([]int32, error) {
	if first.Mode != later.Mode {
		return nil, fmt.Errorf("the stage %s answers in mode %s, the first stage in mode %s", later.Backend, later.Mode, first.Mode)
	}
	if slices.Equal(first.Labels, later.Labels) {
		return nil, nil
	}
	index := make(map[string]int32, len(first.Labels))
	for i, name := range first.Labels {
		index[name] = int32(i)
	}
	labels := make([]int32, len(later.Labels))
	var extra []string
	for i, name := range later.Labels {
		to, ok := index[name]
		if !ok {
			extra = append(extra, name)
			continue
		}
		labels[i] = to
		delete(index, name)
	}
	var missing []string
	for _, name := range first.Labels {
		if _, left := index[name]; left {
			missing = append(missing, name)
		}
	}
	if len(extra) == 0 && len(missing) == 0 {
		return labels, nil
	}
	var parts []string
	if len(missing) > 0 {
		parts = append(parts, "it lacks "+names(missing))
	}
	if len(extra) > 0 {
		parts = append(parts, "only it has "+names(extra))
	}
	return nil, fmt.Errorf("the labels of the stage %s are not those of the first stage: %s", later.Backend, strings.Join(parts, ", "))
}

// names lists a few names for a message.
func names(all []string) string {
	const most = 5
	var b strings.Builder
	for i, name := range all {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(all)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
	}
	return b.String()
}
