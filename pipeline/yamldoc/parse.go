package yamldoc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxNesting bounds what the parser, which is recursive, gets to see: its stack stays below 10 MiB.
const maxNesting = 2000

// Error says why a text can't be read, and at which token; nil where none is at fault.
type Error struct {
	What  string
	Token *token.Token
}

func (e *Error) Error() string { return e.What }

// Parse returns the documents of a text that hold something. Its errors are of the type *Error.
func Parse(text string, options ...parser.Option) (documents []*ast.DocumentNode, err error) {
	defer func() {
		if r := recover(); r != nil {
			documents, err = nil, &Error{What: fmt.Sprintf("the YAML can't be read: %v", r)}
		}
	}()
	if nesting(text) > maxNesting {
		return nil, &Error{What: "the YAML is nested too deeply"}
	}
	file, err := parser.ParseBytes([]byte(text), 0, options...)
	if err != nil {
		var e yaml.Error
		if !errors.As(err, &e) {
			return nil, &Error{What: err.Error()}
		}
		return nil, &Error{What: e.GetMessage(), Token: e.GetToken()}
	}
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			documents = append(documents, d)
		}
	}
	return documents, nil
}

// nesting is how deep brackets and block indentation nest at most: an upper bound that costs no recursion. Brackets in
// texts count too, so the bound that it is held to is far above what anybody needs.
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
