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
	if len(s) > most {
		return tooMany(len(s), most)
	}
	var errs []error
	first := make(map[string]int, len(s))
	for i, l := range s {
		if len(errs) >= maxErrors {
			break
		}
		wrong := l.check()
		for _, err := range wrong {
			errs = append(errs, err.At(at(i)))
		}
		if len(wrong) > 0 && wrong[0].Code == fault.LabelsTooLong {
			continue
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

func tooMany(n, most int) error {
	return fault.New(fault.LabelsTooMany, "%d labels, at most %d are allowed", n, most)
}

// check is what can be said of a label by itself.
func (l Label) check() (errs []*fault.Error) {
	if tooLong(l.Name) { // nothing else is said of it: it would be repeated
		n := utf8.RuneCountInString(l.Name)
		return []*fault.Error{fault.New(fault.LabelsTooLong, "a label has %d characters, at most %d are allowed", n, MaxLabelName)}
	}
	if strings.TrimSpace(l.Name) == "" {
		errs = append(errs, fault.New(fault.LabelsBlank, "a label is empty or blank"))
	}
	if i := strings.IndexFunc(l.Name, unicode.IsControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(l.Name[i:])
		errs = append(errs, fault.New(fault.LabelsControl, "the label %q contains the control character %U", l.Name, r))
	}
	if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Description) {
		errs = append(errs, fault.New(fault.LabelsType, "the label %q is not valid UTF-8", l.Name))
	}
	if len(l.Examples) > MaxExamples {
		return append(errs, fault.New(fault.LabelsExamples, "the label %q has %d examples, at most %d are allowed", l.Name, len(l.Examples), MaxExamples))
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

// nearest is the candidate that differs from name in the fewest characters, if that is at most a third of them. What is too long
// for a label's name is not compared: that takes time with the square of its length.
func nearest(name string, candidates []string) string {
	if tooLong(name) {
		return ""
	}
	folded := []rune(FoldName(name))
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, c := range candidates {
		if tooLong(c) {
			continue
		}
		if d := distance(folded, []rune(FoldName(c))); d < least {
			best, least = c, d
		}
	}
	return best
}

// tooLong tells whether a text can't be a label's name for its length.
func tooLong(name string) bool {
	return len(name) > utf8.UTFMax*MaxLabelName || utf8.RuneCountInString(name) > MaxLabelName
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
