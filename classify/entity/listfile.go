package entity

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxListErrors is how many mistakes of a file are told.
const maxListErrors = 10

// maxListLine is more than any line of a list has, in bytes.
const maxListLine = 1 << 20

// Source is a file of terms.
type Source struct {
	// Path ends in .csv, .tsv, .jsonl or .ndjson; any other file is text with a term a line.
	Path string
	// Type is that of the terms that name none. Empty: the file's name without its ending.
	Type string
}

// Loaded tells how a file of terms was read.
type Loaded struct {
	Terms int
	// Duplicates are terms that were there before; the first stands. Lines are those of the first ten.
	Duplicates int
	Lines      []int64
}

// Load adds the terms of a file. The error joins the first ten mistakes, each with its line (entities.list).
func (l *List) Load(src Source) (Loaded, error) {
	f, err := os.Open(src.Path)
	if err != nil {
		return Loaded{}, fault.New(fault.InputMissing, "open the list of terms: %w", err).At(fault.Where{File: src.Path})
	}
	defer f.Close()
	return l.Read(f, src)
}

// Read is Load from a stream that is known by the source's path.
func (l *List) Read(r io.Reader, src Source) (Loaded, error) {
	if src.Type == "" {
		name := filepath.Base(src.Path)
		src.Type = strings.TrimSuffix(name, filepath.Ext(name))
	}
	read := &listReader{list: l, src: src}
	buffered := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		_, _ = buffered.Discard(3)
	}
	var err error
	switch strings.ToLower(filepath.Ext(src.Path)) {
	case ".csv":
		err = read.csv(buffered, ',')
	case ".tsv":
		err = read.csv(buffered, '\t')
	case ".jsonl", ".ndjson":
		err = read.lines(buffered, read.json)
	default:
		err = read.lines(buffered, read.text)
	}
	read.fail(0, err)
	if len(read.errs) == 0 && read.loaded.Terms+read.loaded.Duplicates == 0 {
		read.fail(0, fault.New(fault.EntitiesList, "the list has no terms"))
	}
	if read.more > 0 {
		read.errs = append(read.errs, fault.New(fault.EntitiesList, "%d more mistakes", read.more).At(fault.Where{File: src.Path}))
	}
	return read.loaded, errors.Join(read.errs...)
}

// listReader reads one file.
type listReader struct {
	list   *List
	src    Source
	loaded Loaded
	errs   []error
	more   int // mistakes beyond those in errs
}

func (r *listReader) fail(line int64, err error) {
	if err == nil {
		return
	}
	if len(r.errs) == maxListErrors {
		r.more++
		return
	}
	e, ok := fault.As(err)
	if !ok {
		e = fault.New(fault.EntitiesList, "%w", err)
	}
	r.errs = append(r.errs, e.At(fault.Where{File: r.src.Path, Line: line}))
}

func (r *listReader) add(line int64, t Term) {
	if t.Type == "" {
		t.Type = r.src.Type
	}
	fresh, err := r.list.Add(t)
	switch {
	case err != nil:
		r.fail(line, err)
	case fresh:
		r.loaded.Terms++
	default:
		r.loaded.Duplicates++
		if len(r.loaded.Lines) < maxListErrors {
			r.loaded.Lines = append(r.loaded.Lines, line)
		}
	}
}

// lines gives each line that is not blank to one.
func (r *listReader) lines(in io.Reader, one func(line int64, text string)) error {
	s := bufio.NewScanner(in)
	s.Buffer(nil, maxListLine)
	line := int64(0)
	for s.Scan() {
		line++
		if text := bytes.TrimSpace(s.Bytes()); len(text) > 0 {
			one(line, string(text))
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		r.fail(line+1, fault.New(fault.EntitiesList, "the line is longer than %d MiB", maxListLine>>20))
		return nil
	}
	return s.Err()
}

func (r *listReader) text(line int64, text string) { r.add(line, Term{Text: text}) }

func (r *listReader) json(line int64, text string) {
	if !gjson.Valid(text) || text[0] != '{' {
		r.fail(line, fault.New(fault.EntitiesList, "the line is not a JSON object"))
		return
	}
	fields := gjson.GetMany(text, "term", "type", "id")
	if fields[0].Type != gjson.String {
		r.fail(line, fault.New(fault.EntitiesList, `the object has no text "term"`))
		return
	}
	for i, f := range fields[1:] {
		if f.Exists() && f.Type != gjson.String && f.Type != gjson.Null && !(i == 1 && f.Type == gjson.Number) {
			r.fail(line, fault.New(fault.EntitiesList, "%q is not a text", [2]string{"type", "id"}[i]))
			return
		}
	}
	r.add(line, Term{Text: fields[0].String(), Type: fields[1].String(), ID: fields[2].String()})
}

// csv reads records below a header that names the column term, and maybe type and id; others are left out.
func (r *listReader) csv(in io.Reader, delimiter rune) error {
	c := csv.NewReader(in)
	c.Comma, c.ReuseRecord = delimiter, true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return r.bad(err)
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
	}
	at := [3]int{slices.Index(header, "term"), slices.Index(header, "type"), slices.Index(header, "id")}
	if at[0] < 0 {
		r.fail(1, fault.New(fault.EntitiesList, "the header has no column term; its columns are %s", strings.Join(header, ", ")))
		return nil
	}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.bad(err)
		}
		var t [3]string
		for i, column := range at {
			if column >= 0 {
				t[i] = strings.TrimSpace(record[column])
			}
		}
		line, _ := c.FieldPos(at[0])
		r.add(int64(line), Term{Text: t[0], Type: t[1], ID: t[2]})
	}
}

// bad tells a mistake of the CSV itself, behind which nothing can be read.
func (r *listReader) bad(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return fmt.Errorf("read the list: %w", err)
	}
	r.fail(int64(p.Line), fault.New(fault.EntitiesList, "the CSV is damaged: %w", p.Err))
	return nil
}
