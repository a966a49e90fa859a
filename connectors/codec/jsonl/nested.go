package jsonl

// nest is the stack of open arrays and objects, a bit each.
type nest struct {
	depth   int
	objects [maxDepth / 64]uint64
}

func (n *nest) push(object bool) {
	word, bit := n.depth/64, uint64(1)<<(n.depth%64)
	if object {
		n.objects[word] |= bit
	} else {
		n.objects[word] &^= bit
	}
	n.depth++
}

// object reports whether the innermost one is an object.
func (n *nest) object() bool { return n.objects[(n.depth-1)/64]>>((n.depth-1)%64)&1 == 1 }

// nested checks the array or object that opens at i and returns the index after it.
func (s *scanner) nested(i int) int {
	var open nest
	for {
		// At i a value begins.
		var closed bool
		if c := s.data[i]; c == '{' || c == '[' {
			if open.depth == maxDepth {
				return s.fail(tooDeep, i)
			}
			open.push(c == '{')
			i = s.space(i + 1)
			closed = s.is(i, c+2) // '{'+2 is '}', '['+2 is ']'
		} else if i, _ = s.value(i); i < 0 {
			return -1
		} else if i = s.space(i); s.is(i, ',') {
			if i = s.space(i + 1); i >= len(s.data) {
				return s.fail(endsEarly, i)
			}
		} else {
			closed = true
		}
		if closed {
			if i = s.closeAll(&open, i); i < 0 || open.depth == 0 {
				return i
			}
		}
		if open.object() {
			if i = s.key(i); i < 0 {
				return -1
			}
		}
		if i >= len(s.data) {
			return s.fail(endsEarly, i)
		}
	}
}

// closeAll closes brackets from i on until a comma leads to the next value, whose index it returns, or until all are
// closed, when it returns the index after the last.
func (s *scanner) closeAll(open *nest, i int) int {
	for {
		if open.object() {
			if !s.is(i, '}') {
				return s.fail(wantCommaBrace, i)
			}
		} else if !s.is(i, ']') {
			return s.fail(wantCommaBracket, i)
		}
		i++
		if open.depth--; open.depth == 0 {
			return i
		}
		if i = s.space(i); s.is(i, ',') {
			if i = s.space(i + 1); i >= len(s.data) {
				return s.fail(endsEarly, i)
			}
			return i
		}
	}
}

// key checks a field name at i and the colon after it, and returns the index of the value.
func (s *scanner) key(i int) int {
	if !s.is(i, '"') {
		return s.fail(wantName, i)
	}
	if i, _ = s.str(i + 1); i < 0 {
		return -1
	}
	if i = s.space(i); !s.is(i, ':') {
		return s.fail(wantColon, i)
	}
	return s.space(i + 1)
}
