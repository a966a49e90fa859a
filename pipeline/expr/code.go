package expr

import "github.com/winnow-stream/winnow/pipeline/fault"

// Code is the source of an expression and the place that it was written at.
type Code struct {
	// Text is the expression, such as `subject + "\n" + body`. Empty: none.
	Text string
	// At is the place of the text's first character, as far as it is known.
	At fault.Where
	// Block is the column at which the lines of a YAML block (|) begin, on the lines below At; 0 for a text in one
	// line, -1 for one whose lines YAML folded, so that columns mean nothing.
	Block int
}

// String returns the expression's text.
func (c Code) String() string { return c.Text }

// IsZero reports whether there is no expression.
func (c Code) IsZero() bool { return c.Text == "" }

// MarshalText writes the expression's text.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.Text), nil }

// UnmarshalText takes the expression's text; whoever knows the place sets it afterwards.
func (c *Code) UnmarshalText(text []byte) error {
	c.Text = string(text)
	return nil
}
