package classify

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Check reports everything that is wrong with the set: a *fault.Error for each problem, joined. Labels are named by
// index, from 0, as in labels[3].
func (s LabelSet) Check() error { return s.CheckUpTo(MaxLabels) }

// CheckUpTo is Check with another limit on the number of labels, for classifiers that are trained.
func (s LabelSet) CheckUpTo(most int) error {
	return s.check(most, func(i int) fault.Where { return fault.Where{Path: fmt.Sprintf("labels[%d]", i)} })
}

// check is Check with the place of each label.
func (s LabelSet) check(most int, at func(i int) fault.Where) error {
	if len(s) == 0 {
		return fault.New(fault.LabelsRequired, "there are no labels")
	}
	var errs []error
	if len(s) > most {
		errs = append(errs, fault.New(fault.LabelsTooMany, "%d labels, at most %d are allowed", len(s), most))
	}
	first := make(map[string]int, len(s))
	for i, l := range s {
		for _, err := range l.check() {
			errs = append(errs, err.At(at(i)))
		}
		key := FoldName(l.Name)
		if j, seen := first[key]; seen && key != "" {
			errs = append(errs, fault.New(fault.LabelsDuplicate, "labels[%d] %q and labels[%d] %q are the same", j, s[j].Name, i, l.Name).At(at(i)))
		} else {
			first[key] = i
		}
	}
	return errors.Join(errs...)
}

// check is what can be said of a label by itself.
func (l Label) check() (errs []*fault.Error) {
	name := strings.TrimSpace(l.Name)
	if name == "" {
		errs = append(errs, fault.New(fault.LabelsBlank, "a label is empty or blank"))
	}
	if n := utf8.RuneCountInString(l.Name); n > MaxLabelName {
		errs = append(errs, fault.New(fault.LabelsTooLong, "a label has %d characters, at most %d are allowed", n, MaxLabelName))
	}
	if i := strings.IndexFunc(l.Name, unicode.IsControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(l.Name[i:])
		errs = append(errs, fault.New(fault.LabelsControl, "the label %q contains the control character %U", l.Name, r))
	}
	if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Description) {
		errs = append(errs, fault.New(fault.LabelsType, "the label %q is not valid UTF-8", l.Name))
	}
	if len(l.Examples) > MaxExamples {
		errs = append(errs, fault.New(fault.LabelsExamples, "the label %q has %d examples, at most %d are allowed", l.Name, len(l.Examples), MaxExamples))
	}
	for i, e := range l.Examples {
		if strings.TrimSpace(e) == "" {
			errs = append(errs, fault.New(fault.LabelsExamples, "examples[%d] of the label %q is empty", i, l.Name))
		}
	}
	return errs
}

// FoldName is what two labels have in common that a reader would take for the same.
func FoldName(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.TrimSpace(name))))
}

// nearest is the candidate that differs from name in the fewest characters, if that is at most a third of them.
func nearest(name string, candidates []string) string {
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, c := range candidates {
		if d := distance([]rune(FoldName(name)), []rune(FoldName(c))); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of characters to insert, delete or replace (Levenshtein).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
