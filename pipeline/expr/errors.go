package expr

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// fail is an error about the expression as a whole.
func (c Code) fail(format string, args ...any) *fault.Error {
	return fault.New(fault.ConfigExpr, format, args...).At(c.At)
}

// at is an error at a place in the expression, with the expression and a caret below the message.
func (c Code) at(loc file.Location, format string, args ...any) *fault.Error {
	e := &file.Error{Location: loc, Message: fmt.Sprintf(format, args...)}
	return c.excerpt(e.Bind(file.NewSource(c.Text)))
}

// wrap turns an error of expr-lang into a coded one.
func (c Code) wrap(err error) *fault.Error {
	var e *file.Error
	if !errors.As(err, &e) {
		return c.fail("%s", err)
	}
	out := c.excerpt(e)
	if textAndNumber.MatchString(e.Message) {
		return out.WithFix("make a number of the text with int(…) or float(…), or a text of the number with string(…)")
	}
	return out
}

// textAndNumber is what the checker says of a text that meets a number: columns of CSV files are texts.
var textAndNumber = regexp.MustCompile(`mismatched types (string and (int|float64)|(int|float64) and string)`)

func (c Code) excerpt(e *file.Error) *fault.Error {
	return fault.New(fault.ConfigExpr, "%s%s", e.Message, strings.ReplaceAll(e.Snippet, "\n", "\n   ")).At(c.place(e))
}

// place is where in the spec an error in the expression is.
func (c Code) place(e *file.Error) fault.Where {
	w := c.At
	switch {
	case w.Line == 0 || c.Block < 0:
	case c.Block > 0: // lines of a block follow its indicator
		w.Line += int64(e.Line)
		w.Column = int64(c.Block + e.Column)
	default:
		w.Column += int64(e.Column)
	}
	return w
}

// PlaceOf is where a row of a batch is in its input: line or row, counted from 1, where the format has such.
func PlaceOf(in *pipeline.Layout, b *pipeline.Batch, row int) fault.Where {
	w := fault.Where{}
	if b.Split != nil {
		w.File = b.Split.File
	}
	offset := b.Offsets()[row]
	switch in.Format {
	case "jsonl", "csv", "text":
		w.Line = offset + 1
	case "parquet", "xlsx":
		w.Row = offset + 1
	default:
		w.Offset, w.HasOffset = offset, true
	}
	return w
}

// rowError is an error of the virtual machine for one row.
func rowError(err error) *fault.Error {
	var e *file.Error
	if errors.As(err, &e) {
		return fault.New(fault.RecordExpr, "%s", firstLine(e.Message))
	}
	return fault.New(fault.RecordExpr, "%s", firstLine(err.Error()))
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// notBool is the error of a condition whose type showed only when it ran.
func notBool(v any) *fault.Error {
	return fault.New(fault.RecordExpr, "the condition has to give true or false, and gives %s", describe(v))
}

func describe(v any) string { return kindName(reflect.TypeOf(v).Kind()) }
