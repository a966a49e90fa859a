package expr

import (
	"slices"
	"strings"
)

// FieldsOf lists the names of the record that an expression refers to, dotted where they lead into nested fields,
// sorted. A text that is no expression is taken as one column's name.
func FieldsOf(code Code) ([]string, error) {
	if code.IsZero() {
		return nil, nil
	}
	t, err := parse(code)
	if err != nil {
		if columnLike(code.Text) {
			return []string{strings.TrimSpace(code.Text)}, nil
		}
		return nil, err
	}
	var names []string
	for _, r := range t.order {
		names = append(names, strings.Join(r.path, "."))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// columnLike reports whether a text that does not parse may be a column's name with odd characters, such as "Review
// Text", rather than an expression with a mistake in it.
func columnLike(s string) bool {
	for _, sign := range []string{`"`, "'", "`", "==", "!=", "&&", "||", "??", " + ", "\n"} {
		if strings.Contains(s, sign) {
			return false
		}
	}
	s = strings.TrimSpace(s)
	return s != "" && s != "record" && len(s) <= maxColumnName && !strings.ContainsAny(s[len(s)-1:], "+-*/%<>=&|!?.,([{") && balanced(s)
}

// maxColumnName is how long a text may be and still pass for a column's name.
const maxColumnName = 200

func balanced(s string) bool {
	var open []rune
	pairs := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for _, r := range s {
		switch r {
		case '(', '[', '{':
			open = append(open, r)
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != pairs[r] {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}
