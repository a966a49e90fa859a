package page

import "github.com/parquet-go/parquet-go/format"

// Header is a page's header, checked against what its bytes can hold.
type Header struct {
	Type         format.PageType
	Uncompressed int // bytes of the page as it was before compression
	Compressed   int // bytes that follow the header
	CRC          uint32
	HasCRC       bool

	Values   int // values of the page, nulls included; entries of a dictionary
	Encoding format.Encoding
	DefEnc   format.Encoding // of the levels, in version 1
	RepEnc   format.Encoding

	// Version 2 only.
	Nulls, Rows    int
	DefLen, RepLen int
	Plain          bool // the values are not compressed

	Len int // bytes of the header itself
}

// ParseHeader reads a header from the beginning of b. more is true when b is too short to hold it whole.
func ParseHeader(b []byte) (h Header, more bool, err error) {
	c := cursor{b: b}
	var last int16
	var seen uint16
	for {
		id, typ, ok := c.field(last)
		if !ok {
			break
		}
		if id >= 0 && id < 16 {
			seen |= 1 << id
		}
		h.readField(&c, id, typ)
		last = id
	}
	switch {
	case c.bad:
		return h, false, Corrupt("its header is damaged")
	case c.short:
		return h, true, nil
	}
	h.Len = c.i
	return h, false, h.check(seen)
}

func (h *Header) readField(c *cursor, id int16, typ byte) {
	switch {
	case id == 1 && typ == typeI32:
		h.Type = format.PageType(c.int32())
	case id == 2 && typ == typeI32:
		h.Uncompressed = int(c.int32())
	case id == 3 && typ == typeI32:
		h.Compressed = int(c.int32())
	case id == 4 && typ == typeI32:
		h.CRC, h.HasCRC = uint32(c.int32()), true
	case id == 5 && typ == typeStruct:
		h.readData(c)
	case id == 7 && typ == typeStruct:
		h.readDictionary(c)
	case id == 8 && typ == typeStruct:
		h.readData2(c)
	default:
		c.skip(typ, 1)
	}
}

// readInts reads a struct's 32-bit fields into the targets, by field id from 1, and hands other fields to other.
func readInts(c *cursor, other func(id int16, typ byte), targets ...*int) {
	var last int16
	var seen int
	for {
		id, typ, ok := c.field(last)
		if !ok {
			break
		}
		if typ == typeI32 && id >= 1 && int(id) <= len(targets) {
			*targets[id-1] = int(c.int32())
			seen++
		} else {
			other(id, typ)
		}
		last = id
	}
	if seen < len(targets) && !c.short {
		c.bad = true // all of them are required
	}
}

func (h *Header) readData(c *cursor) {
	var enc, def, rep int
	readInts(c, func(_ int16, typ byte) { c.skip(typ, 2) }, &h.Values, &enc, &def, &rep)
	h.Encoding, h.DefEnc, h.RepEnc = format.Encoding(enc), format.Encoding(def), format.Encoding(rep)
}

func (h *Header) readDictionary(c *cursor) {
	var enc int
	readInts(c, func(_ int16, typ byte) { c.skip(typ, 2) }, &h.Values, &enc)
	h.Encoding = format.Encoding(enc)
}

func (h *Header) readData2(c *cursor) {
	var enc int
	readInts(c, func(id int16, typ byte) {
		if id == 7 && typ == typeFalse {
			h.Plain = true
		}
		c.skip(typ, 2)
	}, &h.Values, &h.Nulls, &h.Rows, &enc, &h.DefLen, &h.RepLen)
	h.Encoding = format.Encoding(enc)
}

// check refuses sizes that no page has, before anything is allocated for it.
func (h *Header) check(seen uint16) error {
	const required = 1<<1 | 1<<2 | 1<<3
	part := uint16(0)
	limit := MaxPage
	switch h.Type {
	case format.DataPage:
		part = 1 << 5
	case format.DataPageV2:
		part = 1 << 8
	case format.DictionaryPage:
		part, limit = 1<<7, MaxDictionary
	case format.IndexPage:
	default:
		return Corrupt("it is of the unknown type %d", h.Type)
	}
	if seen&(required|part) != required|part {
		return Corrupt("its header lacks a required field")
	}
	if h.Uncompressed < 0 || h.Compressed < 0 || h.Values < 0 || h.Nulls < 0 || h.Rows < 0 || h.DefLen < 0 || h.RepLen < 0 {
		return Corrupt("its header holds a negative size")
	}
	if n := max(h.Uncompressed, h.Compressed); n > limit {
		return Corrupt("it claims %d bytes, and the limit is %d", n, limit)
	}
	if h.Type == format.DataPageV2 {
		levels := h.DefLen + h.RepLen
		if levels > h.Compressed || levels > h.Uncompressed || h.Nulls > h.Values || h.Rows > h.Values {
			return Corrupt("its header contradicts itself")
		}
	}
	return nil
}
