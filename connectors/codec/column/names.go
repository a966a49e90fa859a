package column

import (
	"fmt"
	"slices"
	"strings"
)

// Distinct gives names that came before a number behind them: name, name, name become name, name_2, name_3. The note says which,
// for people; it is empty where no name comes twice.
func Distinct(names []string) (note string) {
	taken := make(map[string]int, len(names)) // how often each was asked for; names that were made are there as well
	for _, name := range names {
		taken[name] = 0
	}
	var changed []string
	for i, name := range names {
		if taken[name]++; taken[name] == 1 {
			continue
		}
		made := name
		for used := true; used; {
			made = fmt.Sprintf("%s_%d", name, taken[name])
			if _, used = taken[made]; used {
				taken[name]++
			}
		}
		taken[made], names[i] = 1, made
		changed = append(changed, fmt.Sprintf("column %d is called %s", i+1, made))
	}
	if changed == nil {
		return ""
	}
	const most = 20
	if more := len(changed) - most; more > 0 {
		changed = append(slices.Clip(changed[:most]), fmt.Sprintf("and so on with %d more", more))
	}
	return "names come twice in the header: " + strings.Join(changed, ", ")
}
