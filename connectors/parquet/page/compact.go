package page

// Types of thrift's compact protocol.
const (
	typeStop   = 0
	typeTrue   = 1
	typeFalse  = 2
	typeByte   = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
)

// cursor reads thrift's compact protocol from bytes. After the first error every read returns zero; short tells that
// the bytes ended too early, bad that they are not the protocol.
type cursor struct {
	b       []byte
	i       int
	structs int
	short   bool
	bad     bool
}

func (c *cursor) failed() bool { return c.short || c.bad }

func (c *cursor) byte() byte {
	if c.failed() || c.i >= len(c.b) {
		c.short = c.short || !c.bad
		return 0
	}
	c.i++
	return c.b[c.i-1]
}

func (c *cursor) uvarint() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.bad = true
	return 0
}

func (c *cursor) varint() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// int32 reads an integer that has to fit 32 bits.
func (c *cursor) int32() int32 {
	v := c.varint()
	if v != int64(int32(v)) {
		c.bad = true
		return 0
	}
	return int32(v)
}

// field reads a field's header after the field of id last. ok is false at the struct's end.
func (c *cursor) field(last int16) (id int16, typ byte, ok bool) {
	h := c.byte()
	if h == typeStop || c.failed() {
		return 0, 0, false
	}
	if delta := h >> 4; delta != 0 {
		return last + int16(delta), h & 0x0f, true
	}
	return int16(c.varint()), h & 0x0f, !c.failed()
}

// bytes skips a length and as many bytes.
func (c *cursor) bytes() {
	n := c.uvarint()
	if c.failed() {
		return
	}
	if n > uint64(len(c.b)-c.i) {
		c.short = true
		return
	}
	c.i += int(n)
}

// skip passes over a value.
func (c *cursor) skip(typ byte, depth int) {
	if depth > maxDepth {
		c.bad = true
	}
	if c.failed() {
		return
	}
	switch typ {
	case typeTrue, typeFalse:
	case typeByte:
		c.byte()
	case typeI16, typeI32, typeI64:
		c.uvarint()
	case typeDouble:
		for range 8 {
			c.byte()
		}
	case typeBinary:
		c.bytes()
	case typeList, typeSet:
		c.skipList(depth)
	case typeMap:
		c.skipMap(depth)
	case typeStruct:
		c.skipStruct(depth)
	default:
		c.bad = true
	}
}

func (c *cursor) skipStruct(depth int) {
	if c.structs++; c.structs > MaxStructs {
		c.bad = true
	}
	var last int16
	for {
		id, typ, ok := c.field(last)
		if !ok {
			return
		}
		c.skip(typ, depth+1)
		last = id
	}
}

func (c *cursor) skipList(depth int) {
	h := c.byte()
	n := uint64(h >> 4)
	if n == 15 {
		n = c.uvarint()
	}
	c.skipItems(n, h&0x0f, 0xff, depth)
}

func (c *cursor) skipMap(depth int) {
	n := c.uvarint()
	if n == 0 {
		return
	}
	types := c.byte()
	c.skipItems(n, types>>4, types&0x0f, depth)
}

// skipItems passes over n items, or pairs of items where value is a type.
func (c *cursor) skipItems(n uint64, key, value byte, depth int) {
	if c.failed() {
		return
	}
	if n > uint64(len(c.b)-c.i) { // each item takes a byte at least
		c.short = true
		return
	}
	for ; n > 0 && !c.failed(); n-- {
		c.skipItem(key, depth)
		if value != 0xff {
			c.skipItem(value, depth)
		}
	}
}

// skipItem passes over an item of a collection, where booleans take a byte.
func (c *cursor) skipItem(typ byte, depth int) {
	if typ == typeTrue || typ == typeFalse {
		typ = typeByte
	}
	c.skip(typ, depth+1)
}

// CheckThrift tells whether b begins with one well-formed struct, whose lists are as long as they say, and returns its
// length. A decoder that allocates by the lists' lengths is safe on such bytes.
func CheckThrift(b []byte) (int, error) {
	c := cursor{b: b}
	c.skipStruct(0)
	switch {
	case c.structs > MaxStructs:
		return 0, Corrupt("it lists more than %d parts", MaxStructs)
	case c.failed():
		return 0, Corrupt("it is not valid thrift at byte %d", c.i)
	}
	return c.i, nil
}
