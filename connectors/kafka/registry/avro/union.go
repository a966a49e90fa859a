package avro

import (
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
)

// branches says how a union's values look in JSON.
type branches struct {
	tags [][]byte // by branch: {"type": where the value is tagged, else nil
	// nonFinite is by branch what opens a NaN or an infinity that a branch of strings would take.
	nonFinite [][]byte
	tagged    bool // whether an object is a tagged value
}

// look is what a value can be in JSON, as bits.
type look uint8

const (
	aNull look = 1 << iota
	aBool
	anInt
	aFraction
	aString
	anArray
	anObject
)

func (n *node) look() look {
	switch n.kind {
	case null:
		return aNull
	case boolean:
		return aBool
	case integer, long:
		if n.logical != none {
			return aString | anInt
		}
		return anInt
	case float, double:
		return aFraction
	case bytes, fixed:
		if n.logical == decimal && n.scale == 0 {
			return anInt
		} else if n.logical == decimal {
			return aFraction
		}
		return aString
	case array:
		return anArray
	case record, mapping:
		return anObject
	default:
		return aString
	}
}

// split tells the branches apart, once all of the schema is compiled.
func (n *node) split() {
	b := &n.branch
	b.tags, b.nonFinite = make([][]byte, len(n.kids)), make([][]byte, len(n.kids))
	var seen, all look
	for _, kid := range n.kids {
		all |= kid.look()
	}
	for i, kid := range n.kids {
		l := kid.look()
		if seen&l != 0 && l != anObject && !(l == anInt && n.plainInts()) {
			b.tags[i] = tag(kid)
		}
		if l == aFraction && kid.logical != decimal && all&aString != 0 {
			b.nonFinite[i] = tag(kid)
		}
		seen |= l
		b.tagged = b.tagged || b.tags[i] != nil || b.nonFinite[i] != nil
	}
	if b.tagged || !n.distinctObjects() {
		b.tagObjects(n)
	}
}

func (b *branches) tagObjects(n *node) {
	for i, kid := range n.kids {
		if kid.look() == anObject {
			b.tags[i], b.tagged = tag(kid), true
		}
	}
}

func tag(n *node) []byte { return append(jsonl.AppendString([]byte{'{'}, n.name), ':') }

// plainInts reports whether the branches that are integers in JSON are int and long without a logical type.
func (n *node) plainInts() bool {
	return !slices.ContainsFunc(n.kids, func(k *node) bool {
		return k.look()&anInt != 0 && (k.kind != integer && k.kind != long || k.logical != none)
	})
}

// distinctObjects reports whether the branches that are objects in JSON are told apart by their names of fields.
func (n *node) distinctObjects() bool {
	var seen []string
	for _, kid := range n.kids {
		if kid.look() != anObject {
			continue
		}
		if kid.kind == mapping && len(seen) > 0 {
			return false
		}
		id := "*"
		if kid.kind == record {
			names := make([]string, len(kid.fields))
			for i := range kid.fields {
				names[i] = kid.fields[i].name
			}
			slices.Sort(names)
			id = strings.Join(names, " ")
		}
		if slices.Contains(seen, id) || slices.Contains(seen, "*") {
			return false
		}
		seen = append(seen, id)
	}
	return true
}
