package jsonl

import "bytes"

// What Document finds.
const (
	ArrayDocument  = "a JSON array"
	ObjectDocument = "a pretty-printed JSON object"
)

// Document tells whether a text is a JSON document rather than objects on lines of their own, and if so which; else it
// returns "". Head is the text's first bytes, whole that it is all of it.
func Document(head []byte, whole bool) string {
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || head[0] != '[' && head[0] != '{' {
		return ""
	}
	line, rest, ended := bytes.Cut(head, []byte("\n"))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	s := scanner{data: line}
	cut := s.nested(0) < 0 && s.bad == endsEarly && (ended || !whole)
	switch {
	case head[0] == '[' && (cut || s.bad == sound && whole && len(rest) == 0):
		return ArrayDocument
	case head[0] == '{' && cut && len(rest) > 0 && rest[0] != '{':
		return ObjectDocument
	default:
		return ""
	}
}
