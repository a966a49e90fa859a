package spec

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// parse runs the YAML parser, which may panic on damaged input.
func (d *document) parse(text string) (body ast.Node, fail *fault.Error) {
	defer func() {
		if r := recover(); r != nil {
			body, fail = nil, d.err(nil, "the YAML can't be read: %v", r)
		}
	}()
	if nesting(text) > maxBrackets {
		return nil, d.err(nil, "the YAML is nested too deeply; %d levels are allowed", maxDepth)
	}
	file, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var e yaml.Error
		if !errors.As(err, &e) {
			return nil, d.err(nil, "%s", reveal(err.Error()))
		}
		return nil, d.err(e.GetToken(), "%s", reveal(e.GetMessage()))
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, d.err(doc.Start, "a spec is one YAML document, and a second one begins here").WithFix("remove it, or write it to a file of its own")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, d.err(nil, "the spec is empty").WithFix("write at least source: and sinks:")
	}
	return body, nil
}

// nesting is how deep brackets and block indentation nest at most: an upper bound that costs no recursion. Brackets in
// texts count too, so the bound that it is held to is far above what any spec needs.
func nesting(text string) int {
	depth, deepest := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		rest := strings.TrimLeft(line, " ")
		for strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "? ") {
			rest = strings.TrimLeft(rest[2:], " ")
		}
		deepest = max(deepest, len(line)-len(rest))
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
				deepest = max(deepest, depth)
			case ']', '}':
				depth = max(0, depth-1)
			}
		}
	}
	return deepest
}
