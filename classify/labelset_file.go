package classify

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// LoadLabels reads and checks a labels file, JSON or YAML, in any form that LabelSet has.
func LoadLabels(path string) (LabelSet, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.InputMissing, "open the labels file: %w", err).At(fault.Where{File: path})
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLabelsFile+1))
	if err != nil {
		return nil, fault.New(fault.LabelsFile, "read the labels file: %w", err).At(fault.Where{File: path})
	}
	return ParseLabels(path, data)
}

// ParseLabels reads and checks the content of a labels file. The error joins everything that is wrong, each with file,
// line and column.
func ParseLabels(file string, data []byte) (set LabelSet, err error) {
	at := fault.Where{File: file}
	switch {
	case len(data) > maxLabelsFile:
		return nil, fault.New(fault.LabelsFile, "the file is larger than %d MiB", maxLabelsFile>>20).At(at)
	case !utf8.Valid(data):
		return nil, fault.New(fault.LabelsFile, "the file is not UTF-8").At(at)
	}
	// The parser is made for files that people write; what else it is given must not end the process.
	defer func() {
		if p := recover(); p != nil {
			set, err = nil, fault.New(fault.LabelsFile, "the file can't be parsed: %v", p).At(at)
		}
	}()
	doc, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntax(file, err)
	}
	var body ast.Node
	for _, d := range doc.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			where := position(d.Body)
			where.File = file
			return nil, fault.New(fault.LabelsFile, "the file holds more than one document").At(where)
		}
		body = d.Body
	}
	set, nodes, err := readLabels(body)
	if err == nil || len(set) > 0 {
		err = errors.Join(err, set.check(MaxLabels, func(i int) fault.Where { return position(nodes[i]) }))
	}
	if err != nil {
		return nil, inFile(file, err)
	}
	return set, nil
}

// syntax places an error of the parser.
func syntax(file string, err error) error {
	e := fault.New(fault.LabelsFile, "the file is neither JSON nor YAML: %w", err)
	at := fault.Where{File: file}
	var y yaml.Error
	if errors.As(err, &y) {
		e.What = "the file is neither JSON nor YAML: " + y.GetMessage()
		if p := y.GetToken(); p != nil && p.Position != nil {
			at.Line, at.Column = int64(p.Position.Line), int64(p.Position.Column)
		}
	}
	return e.At(at)
}

// inFile names the file in each error of a joined one.
func inFile(file string, err error) error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var errs []error
		for _, e := range joined.Unwrap() {
			errs = append(errs, inFile(file, e))
		}
		return errors.Join(errs...)
	}
	if e, ok := fault.As(err); ok {
		at := e.Where
		at.File = file
		return e.At(at)
	}
	return fmt.Errorf("%s: %w", file, err)
}
