package api

import (
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// tableForm is what the form of a new table's job says. Fields that may be left out and are empty were left out.
type tableForm struct {
	model     string
	threshold *float64
	topK      *int
	columns   []string // as they were written: their numbers or names
	mode      string   // joined or separate
	format    string   // of the output; empty: the input's
	notify    string   // the address of who is told by e-mail
	hook      string   // the address that the end is posted to
	formulas  string
	input     table.Input

	file string // the file's name, for people
	blob job.Upload
	sum  [sha256.Size]byte // of the fields and the file
}

// tableFields are the fields of the form, beside file.
var tableFields = []string{
	"model", "threshold", "top_k", "columns_to_classify", "columns_mode", "output_format", "notify_email", "webhook_url", "header", "delimiter", "encoding", "sheet", "formulas",
}

// tableAlias is the name of a field that has another one with some clients: email for notify_email, and a name with brackets
// where a list is repeated.
func tableAlias(name string) string {
	if name == "email" {
		return "notify_email"
	}
	return strings.TrimSuffix(name, "[]")
}

// take takes a field's value. It refuses what can be seen to be wrong by itself.
func (f *tableForm) take(name, value string) error {
	bad := func(code *fault.Code, format string, args ...any) error {
		return fault.New(code, name+": "+format, args...).At(fault.Where{Path: name})
	}
	oneOf := func(to *string, allowed ...string) error {
		if *to = strings.ToLower(value); !slices.Contains(allowed, *to) {
			return bad(fault.FormField, "%q is none of %s", fault.Excerpt(value), strings.Join(allowed, ", "))
		}
		return nil
	}
	if value = strings.TrimSpace(value); value == "" && name != "columns_to_classify" {
		return nil
	}
	switch name {
	case "model":
		f.model = value
	case "threshold":
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
			return bad(fault.FieldType, "want a number, got %q", fault.Excerpt(value))
		case !(n >= 0 && n <= 1):
			return bad(fault.ThresholdRange, "the threshold %v is not from 0 to 1", n)
		}
		f.threshold = &n
	case "top_k":
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
			return bad(fault.FieldType, "want a whole number, got %q", fault.Excerpt(value))
		case n < 1:
			return bad(fault.TopKRange, "%d labels are asked for", n)
		}
		f.topK = &n
	case "columns_to_classify":
		f.columns = append(f.columns, value)
		if _, err := table.ParseChoices(f.columns); err != nil {
			return within(name, err)
		}
	case "columns_mode":
		return oneOf(&f.mode, "joined", "separate")
	case "output_format":
		return oneOf(&f.format, table.Formats...)
	case "notify_email":
		address, err := mail.ParseAddress(value)
		if err != nil || address.Name != "" {
			return bad(fault.FormField, "%q is no address", fault.Excerpt(value))
		}
		f.notify = address.Address
	case "webhook_url":
		f.hook = value
	case "header":
		return oneOf(&f.input.Header, "auto", "true", "false")
	case "formulas":
		return oneOf(&f.formulas, "neutralize", "raw")
	case "delimiter":
		f.input.Delimiter = value
	case "encoding":
		f.input.Encoding = value
	case "sheet":
		f.input.Sheet = value
	}
	return nil
}

// readTableForm reads a form, whose fields may stand before its file and behind it, and keeps the file under a key that
// begins with the folder of the job that is to be made. Where it fails, nothing is left of the file.
func (c *call) readTableForm(id string) (f *tableForm, err error) {
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || media != "multipart/form-data" {
		return nil, fault.New(fault.BodyType, "the Content-Type is %q, and this route takes multipart/form-data", fault.Excerpt(c.r.Header.Get("Content-Type")))
	}
	parts, err := c.parts()
	if err != nil {
		return nil, err
	}
	f = new(tableForm)
	defer func() {
		if err != nil {
			c.unwanted(f.blob.Key)
		}
	}()
	sum, seen := sha256.New(), make(map[string]bool)
	for n := 0; ; n++ {
		c.patience()
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			switch {
			case f.blob.Key == "":
				return f, fault.New(fault.UploadPart, "the form has no file").At(fault.Where{Path: "file"})
			case f.model == "":
				return f, fault.New(fault.FormModel, "the form names no model").At(fault.Where{Path: "model"})
			}
			sum.Sum(f.sum[:0])
			return f, c.restOfBody()
		case err != nil:
			return f, c.cut()
		case n == maxFields || headerSize(part) > maxField:
			return f, fault.New(fault.UploadPart, "the form has more than %d fields, or a part with large headers", maxFields)
		}
		name := tableAlias(part.FormName())
		if seen[name] && name != "columns_to_classify" {
			return f, fault.New(fault.BodyDuplicate, "the field %q is there twice", fault.Excerpt(name)).At(fault.Where{Path: fault.Excerpt(name)})
		}
		seen[name] = true
		if name == "file" {
			err = c.takeTable(f, part, io.TeeReader(part, sum), id)
		} else {
			err = f.takePart(name, part, sum)
		}
		if err != nil {
			return f, err
		}
	}
}

// takePart takes a field of a form.
func (f *tableForm) takePart(name string, part *multipart.Part, sum io.Writer) error {
	if !slices.Contains(tableFields, name) {
		return unknownKey(part.FormName(), append([]string{"file"}, tableFields...))
	}
	value, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil || len(value) > maxField {
		return fault.New(fault.UploadPart, "a field of the form is too large, or did not come whole").At(fault.Where{Path: name})
	}
	for _, text := range []string{name, string(value)} {
		_, _ = sum.Write(strconv.AppendQuote(nil, text)) // a hash takes everything
	}
	return f.take(name, string(value))
}

// takeTable keeps the file of a form.
func (c *call) takeTable(f *tableForm, part *multipart.Part, in io.Reader, id string) error {
	if f.model != "" { // the fields came first, as most clients have it: no file is sent in vain
		if _, err := c.model(f.model); err != nil {
			return err
		}
	}
	f.file = shownName(part.FileName())
	key := (&job.Job{ID: id, Account: c.who.Account}).NewKey("input")
	n, err := c.server.cfg.Jobs.Blobs.Put(c.r.Context(), key, &arriving{call: c, file: in, most: c.server.cfg.Limits.Upload.Bytes()})
	if err == nil {
		f.blob = job.Upload{Key: key, Bytes: n, Tokens: estimate(n, 0)}
	}
	return err
}
