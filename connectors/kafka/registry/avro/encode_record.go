package avro

// record writes an object's members as they come while they come in the schema's order, which those that AppendJSON
// made do.
func (w *writer) record(n *node) bool {
	if !w.enter() {
		return false
	}
	if w.Peek() != '{' {
		return w.wants("an object")
	}
	at, from := w.At, len(w.dst)
	if !w.jumbled {
		done, ok := w.ordered(n)
		if done {
			w.depth--
			return ok
		}
		w.jumbled, w.At, w.dst = true, at, w.dst[:from]
	}
	ok := w.sought(n)
	w.depth--
	return ok
}

// ordered reports done unless the members turn out not to be in order.
func (w *writer) ordered(n *node) (done, ok bool) {
	w.At++
	next := 0
	for !w.Take('}') {
		if next > 0 && !w.Take(',') {
			return true, w.wants("a comma or the end of an object")
		}
		name, ok := w.Text()
		if !ok || next == len(n.fields) || string(name) != n.fields[next].name {
			return false, false
		}
		if !w.Take(':') {
			return true, w.wants("a colon")
		}
		if !w.field(&n.fields[next]) {
			return true, false
		}
		next++
	}
	for ; next < len(n.fields); next++ {
		if !w.missing(&n.fields[next]) {
			return true, false
		}
	}
	return true, true
}

func (w *writer) field(f *field) bool {
	if f.lenient && f.of.kind != union && w.Word("null") {
		w.dst = append(w.dst, f.standIn...)
		return true
	}
	return w.value(f.of) || w.within(f)
}

func (w *writer) missing(f *field) bool {
	if f.standIn == nil {
		w.fail("it is missing and has no default")
		return w.within(f)
	}
	w.dst = append(w.dst, f.standIn...)
	return true
}

// within notes the field in which a mistake is.
func (w *writer) within(f *field) bool {
	if w.path != "" {
		w.path = "." + w.path
	}
	w.path = f.name + w.path
	return false
}

// sought notes where each member's value begins, and then writes them in the schema's order.
func (w *writer) sought(n *node) bool {
	base := len(w.spans)
	defer func() { w.spans = w.spans[:base] }()
	for range n.fields {
		w.spans = append(w.spans, -1)
	}
	if !w.members(n, base) {
		return false
	}
	end := w.At
	for i := range n.fields {
		f := &n.fields[i]
		at := w.spans[base+i]
		if at < 0 {
			if !w.missing(f) {
				return false
			}
			continue
		}
		w.At = at
		if !w.field(f) {
			return false
		}
		if b := w.Peek(); b != ',' && b != '}' {
			w.wants("a comma or the end of an object")
			return w.within(f)
		}
	}
	w.At = end
	return true
}

func (w *writer) members(n *node, base int) bool {
	w.At++
	for first := true; !w.Take('}'); first = false {
		if !first && !w.Take(',') {
			return w.wants("a comma or the end of an object")
		}
		name, ok := w.Text()
		if !ok {
			return w.wants("a name of UTF-8")
		}
		i, known := n.index[string(name)]
		if !known {
			return w.fail("the schema has no field %q in %s", name, n.name)
		}
		if w.spans[base+i] >= 0 {
			return w.fail("the field %q is there twice", name)
		}
		if !w.Take(':') {
			return w.wants("a colon")
		}
		w.Peek()
		w.spans[base+i] = w.At
		if !w.Skip() {
			return w.fail("the value of %q is no JSON", name)
		}
	}
	return true
}
