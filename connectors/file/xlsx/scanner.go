package xlsx

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// token is what a scanner finds.
type token uint8

const (
	startTag token = iota + 1
	endTag
	text
)

// scanner reads XML as workbooks have it: UTF-8, elements properly nested, no document types. It allocates nothing for
// a token. Names are without their prefix.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int // what is unread of buf

	name    []byte // of a tag; valid until the next token
	attrs   []attr // of a start tag; likewise
	raw     []byte // of a text, entities unresolved; likewise
	literal bool   // raw is a CDATA section: it has no entities

	open    []byte // names of the open elements, one after another
	lengths []int  // of each
	rooted  bool   // the root element was met
	closing bool   // the tag at hand closes itself
}

// attr is an attribute of a tag; its value has its entities unresolved.
type attr struct{ name, value []byte }

func newScanner(r io.Reader) *scanner { return &scanner{r: r, buf: make([]byte, 64<<10)} }

// next returns the next token, and io.EOF after the root element.
func (s *scanner) next() (token, error) {
	if s.closing {
		s.closing = false
		s.pop()
		return endTag, nil
	}
	for {
		switch ok, err := s.ensure(1); {
		case err != nil:
			return 0, err
		case !ok && (len(s.lengths) > 0 || !s.rooted):
			return 0, badXML("it ends early")
		case !ok:
			return 0, io.EOF
		}
		if s.buf[s.pos] != '<' {
			if t, err := s.text(); t != 0 || err != nil {
				return t, err
			}
			continue
		}
		if t, err := s.markup(); t != 0 || err != nil {
			return t, err
		}
	}
}

// text reads up to the next tag. White space outside of the root element is no token.
func (s *scanner) text() (token, error) {
	n, err := s.find("<", 0)
	if err != nil {
		return 0, err
	}
	s.raw, s.literal = s.buf[s.pos:s.pos+n], false
	s.pos += n
	if len(s.lengths) > 0 {
		return text, nil
	}
	if len(bytes.TrimSpace(bytes.TrimPrefix(s.raw, []byte("\ufeff")))) > 0 {
		return 0, badXML("there is text outside of its elements")
	}
	return 0, nil
}

// markup reads what begins with '<'. Comments and instructions are no tokens.
func (s *scanner) markup() (token, error) {
	if err := s.want(2); err != nil {
		return 0, err
	}
	switch s.buf[s.pos+1] {
	case '?':
		return 0, s.skip("?>")
	case '/':
		return s.endTag()
	case '!':
		if err := s.want(4); err != nil {
			return 0, err
		}
		if string(s.buf[s.pos:s.pos+4]) == "<!--" {
			return 0, s.skip("-->")
		}
		return s.cdata()
	default:
		return s.startTag()
	}
}

func (s *scanner) skip(until string) error {
	n, err := s.find(until, 2)
	s.pos += n + len(until)
	return err
}

func (s *scanner) cdata() (token, error) {
	const open = "<![CDATA["
	if err := s.want(len(open)); err != nil {
		return 0, err
	}
	if string(s.buf[s.pos:s.pos+len(open)]) != open || len(s.lengths) == 0 {
		return 0, badXML("it declares a document type")
	}
	n, err := s.find("]]>", len(open))
	if err != nil {
		return 0, err
	}
	s.raw, s.literal = s.buf[s.pos+len(open):s.pos+n], true
	s.pos += n + len("]]>")
	return text, nil
}

func (s *scanner) endTag() (token, error) {
	n, err := s.find(">", 2)
	if err != nil {
		return 0, err
	}
	full := bytes.TrimRight(s.buf[s.pos+2:s.pos+n], " \t\r\n")
	s.pos += n + 1
	if len(s.lengths) == 0 || string(s.top()) != string(full) {
		return 0, badXML("the tag </%.40s> closes nothing", full)
	}
	s.name = local(full)
	s.pop()
	return endTag, nil
}

func (s *scanner) startTag() (token, error) {
	n, err := s.tagEnd()
	if err != nil {
		return 0, err
	}
	tag := s.buf[s.pos+1 : s.pos+n]
	s.pos += n + 1
	if len(tag) > 0 && tag[len(tag)-1] == '/' {
		s.closing, tag = true, tag[:len(tag)-1]
	}
	full, rest := cutName(tag)
	switch {
	case len(full) == 0:
		return 0, badXML("a tag has no name")
	case len(s.lengths) == 0 && s.rooted:
		return 0, badXML("there is a second root element")
	case len(s.lengths) == maxDepth:
		return 0, badXML("its elements are nested too deeply")
	}
	s.rooted = true
	s.open, s.lengths = append(s.open, full...), append(s.lengths, len(full))
	s.name = local(full)
	return startTag, s.attributes(rest)
}

// attributes reads what follows the name in a tag.
func (s *scanner) attributes(rest []byte) error {
	s.attrs = s.attrs[:0]
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if len(rest) == 0 {
			return nil
		}
		name, after := cutName(rest)
		after = bytes.TrimLeft(after, " \t\r\n")
		if len(name) == 0 || len(after) < 3 || after[0] != '=' {
			return badXML("the tag <%.40s> has an attribute without a value", s.name)
		}
		after = bytes.TrimLeft(after[1:], " \t\r\n")
		if len(after) == 0 || after[0] != '"' && after[0] != '\'' {
			return badXML("the tag <%.40s> has an attribute without quotes", s.name)
		}
		n := bytes.IndexByte(after[1:], after[0])
		if n < 0 {
			return badXML("the tag <%.40s> has an attribute without an end", s.name)
		}
		s.attrs = append(s.attrs, attr{local(name), after[1 : 1+n]})
		rest = after[n+2:]
	}
}

// attr returns the value of an attribute, nil where it is absent.
func (s *scanner) attr(name string) []byte {
	for _, a := range s.attrs {
		if string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// tagEnd finds the '>' of the tag at hand, past quoted values.
func (s *scanner) tagEnd() (int, error) {
	quote := byte(0)
	for i := 1; ; {
		for ; s.pos+i < s.end; i++ {
			switch c := s.buf[s.pos+i]; {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return i, nil
			case c == '<':
				return 0, badXML("a tag begins inside a tag")
			}
		}
		if err := s.want(i + 1); err != nil {
			return 0, err
		}
	}
}

func (s *scanner) top() []byte { return s.open[len(s.open)-s.lengths[len(s.lengths)-1]:] }

func (s *scanner) pop() {
	last := len(s.lengths) - 1
	s.open, s.lengths = s.open[:len(s.open)-s.lengths[last]], s.lengths[:last]
}

// find returns where sep begins, counted from the first unread byte and from or after a place.
func (s *scanner) find(sep string, from int) (int, error) {
	for {
		if s.end-s.pos >= from+len(sep) {
			if i := bytes.Index(s.buf[s.pos+from:s.end], []byte(sep)); i >= 0 {
				return from + i, nil
			}
			from = s.end - s.pos - len(sep) + 1
		}
		if err := s.want(s.end - s.pos + 1); err != nil {
			return 0, err
		}
	}
}

// want makes n unread bytes available; that there are fewer is an error.
func (s *scanner) want(n int) error {
	ok, err := s.ensure(n)
	if err == nil && !ok {
		err = badXML("it ends early")
	}
	return err
}

// ensure makes n unread bytes available, and reports whether there are as many.
func (s *scanner) ensure(n int) (bool, error) {
	for s.end-s.pos < n {
		if s.pos > 0 {
			s.end = copy(s.buf, s.buf[s.pos:s.end])
			s.pos = 0
		}
		if s.end == len(s.buf) {
			if len(s.buf) >= maxToken {
				return false, badXML("it holds a tag or text of more than %d bytes", maxToken)
			}
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
		k, err := s.r.Read(s.buf[s.end:])
		s.end += k
		if atEnd(err) && s.end-s.pos < n {
			return false, nil
		}
		if err != nil && !atEnd(err) {
			return false, err
		}
	}
	return true, nil
}

// cutName splits a tag or attribute after its name.
func cutName(b []byte) (name, rest []byte) {
	for i, c := range b {
		if c <= '=' && (c == ' ' || c == '=' || c == '\t' || c == '\r' || c == '\n') {
			return b[:i], b[i:]
		}
	}
	return b, nil
}

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// appendText appends the text at hand with its entities resolved. Line ends become \n, as XML has it.
func (s *scanner) appendText(dst []byte) ([]byte, error) {
	if !utf8.Valid(s.raw) {
		return dst, badXML("it is not valid UTF-8")
	}
	if s.literal {
		return append(dst, s.raw...), nil
	}
	return appendResolved(dst, s.raw)
}
