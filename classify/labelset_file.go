package classify

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/yamldoc"
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
func ParseLabels(file string, data []byte) (LabelSet, error) {
	at := fault.Where{File: file}
	switch {
	case len(data) > maxLabelsFile:
		return nil, fault.New(fault.LabelsFile, "the file is larger than %d MiB", maxLabelsFile>>20).At(at)
	case !utf8.Valid(data):
		return nil, fault.New(fault.LabelsFile, "the file is not UTF-8").At(at)
	}
	documents, err := yamldoc.Parse(string(data))
	var bad *yamldoc.Error
	if errors.As(err, &bad) {
		return nil, fault.New(fault.LabelsFile, "the file is neither JSON nor YAML: %s", bad.What).At(within(file, bad.Token))
	}
	var body ast.Node
	switch len(documents) {
	case 0:
	case 1:
		body = documents[0].Body
	default:
		return nil, fault.New(fault.LabelsFile, "the file holds more than one document").At(within(file, documents[1].Body.GetToken()))
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

// within is the place of a token in a file.
func within(file string, tk *token.Token) fault.Where {
	at := fault.Where{File: file}
	if tk != nil && tk.Position != nil {
		at.Line, at.Column = int64(tk.Position.Line), int64(tk.Position.Column)
	}
	return at
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
