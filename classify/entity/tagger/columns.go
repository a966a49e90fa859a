package tagger

import (
	"bytes"
	"io"
	"iter"
	"strconv"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// documentStart is the token of lines that begin a document in the files of CoNLL 2003.
const documentStart = "-DOCSTART-"

// ReadColumns yields the examples of columns, as the shared tasks of CoNLL have them: a line for each token, which is its
// first column, with the tag as its last, or in the column that Marks numbers; a blank line ends a text. Columns are
// separated by tabs, or by spaces where a line has no tab.
//
// Tags, name and errors are those of Read; a text of which a line can't be used is left out.
func (f Fields) ReadColumns(name string, r io.Reader) iter.Seq2[Example, error] {
	return func(yield func(Example, error) bool) {
		c := &columns{}
		if f.Marks != "" {
			var err error
			if c.tag, err = strconv.Atoi(f.Marks); err != nil || c.tag < 2 {
				yield(Example{}, fault.New(fault.TrainSpans, "the column %q of tags is no number from 2 on", f.Marks).At(fault.Where{File: name}))
				return
			}
		}
		for line, err := range readLines(name, r) {
			if err != nil {
				yield(Example{Where: line.where}, err)
				return
			}
			if len(line.text) > 0 {
				c.add(line)
			} else if !c.end(yield) {
				return
			}
		}
		c.end(yield)
	}
}

// columns gathers the lines of a text.
type columns struct {
	tag          int // number of the column; 0: the last
	tokens, tags []string
	where        fault.Where  // of the first line
	bad          *fault.Error // the first
}

func (c *columns) add(l line) {
	if len(c.tokens) == 0 {
		c.where = l.where
	}
	parts := bytes.Fields(l.text)
	if bytes.IndexByte(l.text, '\t') >= 0 {
		parts = bytes.Split(l.text, []byte("\t"))
	}
	if string(parts[0]) == documentStart {
		return
	}
	at := c.tag
	if at == 0 {
		at = len(parts)
	}
	bad := func(code *fault.Code, format string, args ...any) {
		if c.bad == nil {
			c.bad = fault.New(code, format, args...).At(l.where)
		}
	}
	switch {
	case !utf8.Valid(l.text):
		bad(fault.RecordUTF8, "the line is not valid UTF-8")
	case at < 2:
		bad(fault.TrainSpans, "the line %.60q has one column, not a token and its tag", l.text)
	case at > len(parts):
		bad(fault.TrainSpans, "the line has %d columns, and tags are in column %d", len(parts), at)
	default:
		c.tokens, c.tags = append(c.tokens, string(bytes.TrimSpace(parts[0]))), append(c.tags, string(parts[at-1]))
		return
	}
	c.tokens, c.tags = append(c.tokens, "?"), append(c.tags, "O")
}

// end yields the text, if there is one; false: nothing more is wanted.
func (c *columns) end(yield func(Example, error) bool) bool {
	if len(c.tokens) == 0 {
		return true
	}
	e := Example{Where: c.where}
	bad := c.bad
	if bad == nil {
		bad = e.fromTags(c.tokens, c.tags)
	}
	*c = columns{tag: c.tag, tokens: c.tokens[:0], tags: c.tags[:0]}
	if bad != nil {
		return yield(Example{Where: e.Where}, bad)
	}
	return yield(e, nil)
}

// LooksLikeJSON tells JSON lines from columns by how a file begins.
func LooksLikeJSON(head []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(head), []byte("{"))
	rest = bytes.TrimSpace(rest)
	return ok && len(rest) > 0 && (rest[0] == '"' || rest[0] == '}')
}
