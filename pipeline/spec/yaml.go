package spec

import (
	"errors"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/yamldoc"
)

// parse returns the one document of a spec.
func (d *document) parse(text string) (ast.Node, *fault.Error) {
	documents, err := yamldoc.Parse(text, parser.AllowDuplicateMapKey())
	var bad *yamldoc.Error
	switch {
	case errors.As(err, &bad):
		return nil, d.err(bad.Token, "%s", reveal(bad.What))
	case len(documents) == 0:
		return nil, d.err(nil, "the spec is empty").WithFix("write at least source: and sinks:")
	case len(documents) > 1:
		return nil, d.err(documents[1].Start, "a spec is one YAML document, and a second one begins here").WithFix("remove it, or write it to a file of its own")
	}
	return documents[0].Body, nil
}
