package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Choice is a column as a client names it: by its number, counted from 0, or by its name.
type Choice struct {
	Number int // -1: it has a name
	Name   string
}

// ParseChoices reads how a client names columns: values that are a number, numbers with commas between them, a name, names
// with commas between them, or a JSON list of numbers and names.
func ParseChoices(values []string) ([]Choice, error) {
	var all []Choice
	for _, value := range values {
		some, err := parseChoice(strings.TrimSpace(value))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	for i, c := range all {
		if slices.Contains(all[:i], c) {
			return nil, fault.New(fault.ColumnsSyntax, "%s is named twice", c)
		}
	}
	return all, nil
}

// String is the choice for people.
func (c Choice) String() string {
	if c.Number < 0 {
		return fmt.Sprintf("the column %q", c.Name)
	}
	return fmt.Sprintf("column %d", c.Number)
}

func parseChoice(value string) ([]Choice, error) {
	switch {
	case strings.HasPrefix(value, "["):
		return parseList(value)
	case value == "", value[0] == '"':
		return nil, badChoice(value)
	}
	var all []Choice
	for piece := range strings.SplitSeq(value, ",") {
		piece = strings.TrimSpace(piece)
		n, err := strconv.ParseUint(piece, 10, 31)
		if err != nil {
			all = nil
			break
		}
		all = append(all, Choice{Number: int(n)})
	}
	if all != nil {
		return all, nil
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil { // -1, 3.5
		return nil, badChoice(value)
	}
	return []Choice{{Number: -1, Name: value}}, nil
}

// parseList reads a JSON list.
func parseList(value string) ([]Choice, error) {
	var items []json.RawMessage
	if json.Unmarshal([]byte(value), &items) != nil || len(items) == 0 {
		return nil, badChoice(value)
	}
	all := make([]Choice, len(items))
	for i, item := range items {
		all[i].Number = -1
		if json.Unmarshal(item, &all[i].Name) == nil && all[i].Name != "" {
			continue
		}
		n, err := strconv.ParseUint(string(item), 10, 31)
		if err != nil {
			return nil, badChoice(value)
		}
		all[i] = Choice{Number: int(n)}
	}
	return all, nil
}

func badChoice(value string) error {
	return fault.New(fault.ColumnsSyntax, "%q names no column", fault.Excerpt(value))
}

// Choose finds the columns that hold the texts; without choices the column text, or the only one of text.
func (s *Shape) Choose(choices []Choice) ([]string, error) {
	names := s.Layout.Names()
	var chosen []string
	for _, c := range choices {
		some, err := c.in(names)
		if err != nil {
			return nil, err
		}
		for _, name := range some {
			if slices.Contains(chosen, name) {
				return nil, fault.New(fault.ColumnsSyntax, "the column %q is named twice", name)
			}
			chosen = append(chosen, name)
		}
	}
	needs, err := expr.NewText(Text(chosen), nil).Needs(s.Layout)
	if err != nil || len(chosen) > 0 {
		return chosen, err
	}
	if name := needs[0].Name; s.Layout.Has(name) {
		return []string{name}, nil
	}
	if len(names) == 0 {
		return nil, fault.New(fault.ColumnsRequired, "none of the first records is a JSON object with fields")
	}
	return nil, fault.New(fault.ColumnsRequired, "no record has the field %q; the fields are %s", needs[0].Name, strings.Join(names, ", "))
}

// in finds the columns that a choice means among all names: several where a name has commas and is none.
func (c Choice) in(names []string) ([]string, error) {
	if c.Number >= len(names) {
		return nil, fault.New(fault.ColumnsRange, "column %d is asked for, and the file has %d: %s", c.Number, len(names), numbered(names))
	}
	if c.Number >= 0 {
		return names[c.Number : c.Number+1], nil
	}
	if slices.Contains(names, c.Name) {
		return []string{c.Name}, nil
	}
	pieces := strings.Split(c.Name, ",")
	for i, piece := range pieces {
		if pieces[i] = strings.TrimSpace(piece); slices.Contains(names, pieces[i]) {
			continue
		}
		e := fault.New(fault.ColumnsUnknown, "there is no column %q; the columns are %s", pieces[i], strings.Join(names, ", "))
		if near := fault.Nearest(pieces[i], names); near != "" {
			e = e.WithFix("did you mean %q?", near)
		}
		return nil, e
	}
	return pieces, nil
}

// numbered lists names with their numbers: 0 id, 1 text.
func numbered(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strconv.Itoa(i) + " " + name
	}
	return strings.Join(list, ", ")
}

// Text is the expression that makes a row's text of columns: one as it is, several joined by line ends, where one without a
// value is empty.
func Text(columns []string) expr.Code {
	if len(columns) < 2 {
		return expr.Code{Text: strings.Join(columns, "")}
	}
	parts := make([]string, len(columns))
	for i, name := range columns {
		parts[i] = "string(record[" + strconv.Quote(name) + `] ?? "")`
	}
	return expr.Code{Text: strings.Join(parts, ` + "\n" + `)}
}
