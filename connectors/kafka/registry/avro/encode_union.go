package avro

import (
	"slices"
	"strconv"
)

func (w *writer) union(n *node) bool {
	i := w.choose(n)
	if i < 0 {
		return w.wants("a value of one of the union's types")
	}
	w.int(int64(i))
	if !w.tagAt(n, i) {
		return w.value(n.kids[i])
	}
	// {"type": value}
	w.At++
	if _, ok := w.Text(); !ok || !w.Take(':') {
		return w.wants("a colon")
	}
	return w.value(n.kids[i]) && (w.Take('}') || w.wants("the end of an object"))
}

// tagAt reports whether the value at the cursor is the tagged form of branch i.
func (w *writer) tagAt(n *node, i int) bool {
	return n.branch.tagged && w.Peek() == '{' && (n.branch.tags[i] != nil || n.branch.nonFinite[i] != nil)
}

// choose is the branch that the value at the cursor is of, -1 for none.
func (w *writer) choose(n *node) int {
	var l look
	switch c := w.Peek(); c {
	case 'n':
		l = aNull
	case 't', 'f':
		l = aBool
	case '"':
		l = aString
	case '[':
		l = anArray
	case '{':
		return w.chooseObject(n)
	default:
		return w.chooseNumber(n)
	}
	i := n.first(l)
	if i < 0 && l == aString { // NaN, where no branch is a string
		i = n.first(aFraction)
	}
	return i
}

// first is the first untagged branch that may look so.
func (n *node) first(l look) int {
	for i, kid := range n.kids {
		if kid.look()&l != 0 && n.branch.tags[i] == nil {
			return i
		}
	}
	return -1
}

func (w *writer) chooseNumber(n *node) int {
	at := w.At
	text, fraction := w.Number()
	w.At = at
	if text == nil {
		return -1
	}
	if fraction {
		return n.first(aFraction)
	}
	for i, kid := range n.kids {
		if kid.look()&anInt == 0 || n.branch.tags[i] != nil {
			continue
		}
		if kid.kind == integer {
			if _, err := strconv.ParseInt(string(text), 10, 32); err != nil {
				continue
			}
		}
		return i
	}
	return n.first(aFraction)
}

func (w *writer) chooseObject(n *node) int {
	if !n.branch.tagged {
		return w.chooseRecord(n)
	}
	at := w.At
	w.At++
	name, ok := w.Text()
	w.At = at
	if !ok {
		return -1
	}
	return slices.IndexFunc(n.kids, func(k *node) bool { return k.name == string(name) })
}

// chooseRecord is the only branch that is an object, or the record whose fields the object's members are.
func (w *writer) chooseRecord(n *node) int {
	only := -1
	for i, kid := range n.kids {
		if kid.look() != anObject {
			continue
		}
		if only >= 0 {
			return w.matchRecord(n)
		}
		only = i
	}
	return only
}

func (w *writer) matchRecord(n *node) int {
	at := w.At
	defer func() { w.At = at }()
	fits := make([]bool, len(n.kids))
	for i, kid := range n.kids {
		fits[i] = kid.kind == record
	}
	w.At++
	count := 0
	for ; !w.Take('}'); count++ {
		if count > 0 && !w.Take(',') {
			return -1
		}
		name, ok := w.Text()
		if !ok {
			return -1
		}
		for i, kid := range n.kids {
			if fits[i] {
				_, fits[i] = kid.index[string(name)]
			}
		}
		if !w.Take(':') || !w.Skip() {
			return -1
		}
	}
	for i, kid := range n.kids {
		if fits[i] && len(kid.fields) == count {
			return i
		}
	}
	return -1
}
