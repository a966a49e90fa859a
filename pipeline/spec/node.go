package spec

import (
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// node is one value of a document after anchors, merges and --set were resolved, and before it has a Go type.
type node struct {
	kind   nodeKind
	text   string // of a scalar, as written; unescaped where it was quoted
	plain  bool   // a scalar that was not quoted, so that its text decides its type
	env    bool   // a scalar whose text came through ${…}
	list   []*node
	fields []field
	at     fault.Where // of the first character; Path is set by mark
	block  int         // column of a block scalar's text, 0 for others: lines of at.Line+1 on; folded
}

// folded is the block of a scalar whose text has other columns than the file: several lines made into one, or escapes.
const folded = -1

type nodeKind uint8

const (
	nullNode nodeKind = iota
	scalarNode
	listNode
	mapNode
	badNode // reported already
)

// field is one entry of a mapping.
type field struct {
	key   string
	at    fault.Where
	value *node
}

// get returns the value of a key; nil where there is none.
func (n *node) get(key string) *node {
	for i := range n.fields {
		if n.fields[i].key == key {
			return n.fields[i].value
		}
	}
	return nil
}

// mark fills in the paths below a node.
func (n *node) mark(path string, places places) {
	n.at.Path = path
	places[path] = n.at
	for i := range n.fields {
		f := &n.fields[i]
		p := join(path, f.key)
		f.at.Path = p
		f.value.mark(p, places)
		if f.value.kind != scalarNode {
			places[p] = f.at // what is said of a whole map or list is said at its key
		}
	}
	for i, v := range n.list {
		v.mark(path+"["+strconv.Itoa(i)+"]", places)
	}
}

// is describes the value for an error: what was found instead of what is expected.
func (n *node) is() string {
	switch n.kind {
	case nullNode:
		return "nothing"
	case listNode:
		return "a list"
	case mapNode:
		return "a map"
	default:
		text := n.text
		if len(text) > 40 {
			text = strings.ToValidUTF8(text[:40], "") + "…"
		}
		if n.plain {
			switch n.value().(type) {
			case int64, float64:
				return "the number " + text
			case bool:
				return text
			}
		}
		return "the text " + strconv.Quote(text)
	}
}

// value is the scalar as YAML 1.2 types it: string, int64, float64, bool or nil.
func (n *node) value() any {
	if n.kind == nullNode {
		return nil
	}
	if !n.plain {
		return n.text
	}
	if b, ok := parseBool(n.text); ok {
		return b
	}
	if i, ok := parseInt(n.text); ok {
		return i
	}
	if f, ok := parseFloat(n.text); ok {
		return f
	}
	return n.text
}

// tree is the value as maps, lists and scalars.
func (n *node) tree() any {
	switch n.kind {
	case mapNode:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			m[f.key] = f.value.tree()
		}
		return m
	case listNode:
		l := make([]any, len(n.list))
		for i, v := range n.list {
			l[i] = v.tree()
		}
		return l
	default:
		return n.value()
	}
}

func parseBool(s string) (value, ok bool) {
	switch s {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

// number reports whether a text begins as a number does: names such as "inf" and "0x" are none.
func number(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '.' && len(s) > 1)
}

func parseInt(s string) (int64, bool) {
	if !number(s) {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 0, 64)
	return i, err == nil
}

func parseFloat(s string) (float64, bool) {
	if !number(s) || strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// join adds a key to a path. Keys that would not read as one are quoted.
func join(path, key string) string {
	if key == "" || strings.Trim(key, keyCharacters) != "" {
		key = strconv.Quote(key)
	}
	return extend(path, key)
}

const keyCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// extend adds a path to a path.
func extend(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// places are the positions of a document's values by path.
type places map[string]fault.Where

// find returns the place of a path or, where the document does not have it, that of the nearest value around it. The
// path stays the one asked for.
func (p places) find(path string) fault.Where {
	for at := path; ; {
		if w, ok := p[at]; ok {
			w.Path = path
			return w
		}
		cut := strings.LastIndexAny(at, ".[")
		if cut < 0 {
			w := p[""]
			w.Path = path
			return w
		}
		at = at[:cut]
	}
}

func (p places) has(path string) bool {
	_, ok := p[path]
	return ok
}
