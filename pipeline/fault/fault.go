package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Fate is what the engine does with an error.
type Fate uint8

const (
	// Fatal stops the pipeline with one message. The same command continues once the cause is gone.
	Fatal Fate = iota
	// Row sends one record to the dead letters; the others go on.
	Row
	// Transient is tried again with backoff, within a budget.
	Transient
)

// String returns the fate in lower case.
func (f Fate) String() string {
	switch f {
	case Row:
		return "row"
	case Transient:
		return "transient"
	default:
		return "fatal"
	}
}

// Code is a registered kind of error. Codes are stable: users match on them.
type Code struct {
	ID      string // dotted, such as "csv.ragged_row"
	Fate    Fate
	Exit    int    // exit status of a command that ends with it: 1 failed, 2 usage or spec, 3 environment
	Summary string // one sentence for the reference
	Fix     string // what to do, where one remedy fits every case
}

// Where is the place of an error. Fields that don't apply stay zero; lines, columns and rows count from 1.
type Where struct {
	File      string // file, URL, topic/partition or spec
	Line      int64
	Column    int64
	Offset    int64 // offset in the split; meaningful when HasOffset
	HasOffset bool
	Row       int64  // row of a sheet or of a Parquet file
	Cell      string // "B7"
	Field     string // column or JSON path of a record
	Path      string // path in a spec, "sinks.default.file.path"
}

// Error is an error with a code. It is immutable once returned.
type Error struct {
	Code  *Code
	What  string // one sentence, lower case, no full stop
	Where Where
	Fix   string // overrides Code.Fix
	Err   error  // cause, kept for errors.Is and errors.As; What already says what a user needs of it
}

// New returns an error of a code. The format makes the What; a %w argument becomes the cause.
func New(code *Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, What: err.Error(), Err: errors.Unwrap(err)}
}

// At returns a copy of e with its place filled in.
func (e *Error) At(w Where) *Error {
	c := *e
	c.Where = w
	return &c
}

// WithFix returns a copy of e with a remedy of its own.
func (e *Error) WithFix(format string, args ...any) *Error {
	c := *e
	c.Fix = fmt.Sprintf(format, args...)
	return &c
}

// Remedy is what the user should do next: the error's own, else the code's.
func (e *Error) Remedy() string {
	if e.Fix != "" {
		return e.Fix
	}
	return e.Code.Fix
}

// Error formats as "place: code: what". The remedy is left to whoever prints the error for a person (Explain).
func (e *Error) Error() string {
	var b strings.Builder
	if w := e.Where.String(); w != "" {
		b.WriteString(w)
		b.WriteString(": ")
	}
	b.WriteString(e.Code.ID)
	b.WriteString(": ")
	b.WriteString(e.What)
	return b.String()
}

// Explain formats as Error does, with the remedy on a line of its own.
func (e *Error) Explain() string {
	if fix := e.Remedy(); fix != "" {
		return e.Error() + "\n  fix: " + fix
	}
	return e.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches errors of the same code, so that errors.Is(err, fault.New(code, "")) and fault.Is(err, code) agree.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.What == ""
}

// String formats as "file:line:column" followed by what else is known, such as "data.xlsx cell B7" or
// "a.parquet row 17 field body".
func (w Where) String() string {
	var b strings.Builder
	b.WriteString(w.File)
	if w.Line > 0 {
		if w.File == "" {
			b.WriteString("line ")
		} else {
			b.WriteByte(':')
		}
		b.WriteString(strconv.FormatInt(w.Line, 10))
		if w.Column > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.FormatInt(w.Column, 10))
		}
	}
	add := func(name, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if name != "" {
			b.WriteString(name)
			b.WriteByte(' ')
		}
		b.WriteString(value)
	}
	if w.Row > 0 {
		add("row", strconv.FormatInt(w.Row, 10))
	}
	if w.HasOffset {
		add("offset", strconv.FormatInt(w.Offset, 10))
	}
	add("cell", w.Cell)
	add("field", w.Field)
	add("", w.Path)
	return b.String()
}

// As returns the coded error in err's tree, if there is one.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether err's tree holds an error of the code.
func Is(err error, code *Code) bool {
	e, ok := As(err)
	return ok && e.Code == code
}

// FateOf is what the engine does with err: the code's fate; Fatal for errors without a code.
func FateOf(err error) Fate {
	if e, ok := As(err); ok {
		return e.Code.Fate
	}
	return Fatal
}

// ExitOf is the exit status of a command that ends with err: the code's; 1 for errors without a code.
func ExitOf(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := As(err); ok {
		return e.Code.Exit
	}
	return 1
}
