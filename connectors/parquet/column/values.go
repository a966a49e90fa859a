package column

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// mode is how the values of a page lie in memory.
type mode uint8

const (
	fixed   mode = iota // width bytes each, as Arrow has them
	plain               // byte arrays, each after its length
	offsets             // byte arrays in data, by offsets
	indexed             // by index into the dictionary
)

// values are the non-null values of a page that are still to come.
type values struct {
	mode mode
	left int
	pos  int // of the next value, in all modes but plain
	data []byte
	offs []uint32
	idx  []int32
}

// plainDictionary is how files before format 2.0 name the encoding of both dictionaries and indexes.
const plainDictionary = format.Encoding(2)

// dictionary is a column chunk's dictionary.
type dictionary struct {
	n     int
	fixed []byte // as Arrow has them
	data  []byte
	offs  []uint32
	bad   []bool // entries that are not UTF-8; nil where all are, or where they needn't be

	// local[i] is entry i's place in the batch's own dictionary, where stamp[i] is the batch's epoch.
	local []int32
	stamp []uint32
	epoch uint32
}

// scratch is memory that is used again for each page of a column.
type scratch struct {
	inflated []byte
	fixed    []byte
	data     []byte
	offs     []uint32
	idx      []int32
	ints     []int64
	defs     []byte
	reps     []byte
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// arrowWidth is the number of bytes of one value in Arrow; 1 for booleans, which are kept as bytes until they are
// written to a bitmap, and 0 for byte arrays.
func arrowWidth(c *schema.Column) int {
	switch c.Conversion {
	case schema.Bytes:
		return 0
	case schema.Bool, schema.Null:
		return 1
	default:
		return c.Type.(arrow.FixedWidthDataType).BitWidth() / 8
	}
}

func physicalWidth(c *schema.Column) int {
	switch c.Physical {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	default:
		return c.Width
	}
}

// decodeValues decodes n values. The result aliases src and s.
func decodeValues(c *schema.Column, enc format.Encoding, src []byte, n int, dict *dictionary, s *scratch) (values, error) {
	v := values{left: n}
	var err error
	switch {
	case enc == format.RLEDictionary || enc == plainDictionary:
		v.mode = indexed
		v.idx, err = decodeIndexes(src, n, dict, s)
	case c.Physical == format.ByteArray:
		err = decodeBytes(&v, enc, src, n, s)
		if err == nil && c.Conversion == schema.Decimal {
			err = decimalsOf(&v, c, n, s)
		}
	default:
		v.data, err = decodeFixed(c, enc, src, n, s)
	}
	return v, err
}

func decodeIndexes(src []byte, n int, dict *dictionary, s *scratch) ([]int32, error) {
	if dict == nil {
		return nil, page.Corrupt("it refers to a dictionary, and there is none")
	}
	s.idx = resize(s.idx, n)
	if n == 0 {
		return s.idx, nil
	}
	if len(src) == 0 {
		return nil, page.Corrupt("its indexes end too early")
	}
	if err := page.DecodeHybrid(s.idx, src[1:], uint(src[0])); err != nil {
		return nil, err
	}
	var top uint32
	for _, i := range s.idx {
		top = max(top, uint32(i))
	}
	if int64(top) >= int64(dict.n) {
		return nil, page.Corrupt("it refers to entry %d of a dictionary of %d", top, dict.n)
	}
	return s.idx, nil
}

func decodeBytes(v *values, enc format.Encoding, src []byte, n int, s *scratch) error {
	var err error
	switch enc {
	case format.Plain:
		v.mode, v.data = plain, src
	case format.DeltaLengthByteArray:
		v.mode = offsets
		v.data, s.ints, s.offs, err = page.DecodeDeltaLengths(src, n, s.ints, s.offs)
		v.offs = s.offs
	case format.DeltaByteArray:
		v.mode = offsets
		s.data, s.offs, err = page.DecodeDeltaStrings(s.data, src, n, s.offs)
		v.data, v.offs = s.data, s.offs
	default:
		err = page.UnsupportedEncoding(enc, format.ByteArray)
	}
	return err
}

// decodeFixed decodes values of a fixed width into what Arrow has.
func decodeFixed(c *schema.Column, enc format.Encoding, src []byte, n int, s *scratch) ([]byte, error) {
	if c.Physical == format.Boolean {
		return decodeBooleans(enc, src, n, s)
	}
	w := physicalWidth(c)
	var raw []byte
	switch {
	case enc == format.Plain:
		if len(src) != n*w {
			return nil, page.Corrupt("it holds %d bytes of values, and should hold %d", len(src), n*w)
		}
		raw = src
	case enc == format.DeltaBinaryPacked && (c.Physical == format.Int32 || c.Physical == format.Int64):
		s.ints = resize(s.ints, n)
		if _, err := page.DecodeDelta(s.ints, src); err != nil {
			return nil, err
		}
		raw = resize(s.data, n*w)
		s.data = raw
		for i, x := range s.ints {
			if w == 4 {
				binary.LittleEndian.PutUint32(raw[4*i:], uint32(x))
			} else {
				binary.LittleEndian.PutUint64(raw[8*i:], uint64(x))
			}
		}
	case enc == format.ByteStreamSplit && c.Physical != format.Int96:
		raw = resize(s.data, n*w)
		s.data = raw
		if err := page.DecodeStreams(raw, src, w); err != nil {
			return nil, err
		}
	case enc == format.DeltaByteArray && c.Physical == format.FixedLenByteArray:
		var err error
		s.data, s.offs, err = page.DecodeDeltaStrings(s.data, src, n, s.offs)
		if err != nil {
			return nil, err
		}
		for i := range n {
			if int(s.offs[i+1]-s.offs[i]) != w {
				return nil, page.Corrupt("a value is not %d bytes long", w)
			}
		}
		raw = s.data
	default:
		return nil, page.UnsupportedEncoding(enc, c.Physical)
	}
	return convert(c, raw, n, s), nil
}

func decodeBooleans(enc format.Encoding, src []byte, n int, s *scratch) ([]byte, error) {
	s.fixed = resize(s.fixed, n)
	switch enc {
	case format.Plain:
		return s.fixed, page.DecodeBits(s.fixed, src)
	case format.RLE:
		if len(src) < 4 {
			return nil, page.Corrupt("its booleans end too early")
		}
		all, err := page.DecodeLevels(s.fixed, src[4:], 1)
		if all {
			for i := range s.fixed {
				s.fixed[i] = 1
			}
		}
		return s.fixed, err
	default:
		return nil, page.UnsupportedEncoding(enc, format.Boolean)
	}
}

// convert turns n physical values into Arrow's. The result aliases raw where they are the same.
func convert(c *schema.Column, raw []byte, n int, s *scratch) []byte {
	if c.Conversion == schema.Same || c.Conversion == schema.Null {
		return raw
	}
	from, to := physicalWidth(c), arrowWidth(c)
	s.fixed = resize(s.fixed, n*to)
	for i := range n {
		src, dst := raw[i*from:(i+1)*from], s.fixed[i*to:(i+1)*to]
		switch c.Conversion {
		case schema.Narrow:
			copy(dst, src)
		case schema.Int96:
			nanos := int64(binary.LittleEndian.Uint64(src))
			day := int64(binary.LittleEndian.Uint32(src[8:]))
			binary.LittleEndian.PutUint64(dst, uint64((day-2_440_588)*86_400_000_000_000+nanos))
		case schema.Decimal:
			switch c.Physical {
			case format.Int32:
				putDecimal(dst, int64(int32(binary.LittleEndian.Uint32(src))))
			case format.Int64:
				putDecimal(dst, int64(binary.LittleEndian.Uint64(src)))
			default:
				putBigEndian(dst, src)
			}
		}
	}
	return s.fixed
}

func putDecimal(dst []byte, v int64) {
	binary.LittleEndian.PutUint64(dst, uint64(v))
	for i := 8; i < len(dst); i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], uint64(v>>63))
	}
}

// putBigEndian writes a big-endian two's complement number of any length as a little-endian one. What exceeds dst is
// cut: the type's precision says that it fits.
func putBigEndian(dst, src []byte) {
	sign := byte(0)
	if len(src) > 0 && src[0] >= 0x80 {
		sign = 0xff
	}
	for i := range dst {
		if j := len(src) - 1 - i; j >= 0 {
			dst[i] = src[j]
		} else {
			dst[i] = sign
		}
	}
}

// decimalsOf turns decimals in byte arrays into Arrow's.
func decimalsOf(v *values, c *schema.Column, n int, s *scratch) error {
	w := arrowWidth(c)
	s.fixed = resize(s.fixed, n*w)
	for i := range n {
		b, err := v.next()
		if err != nil {
			return err
		}
		putBigEndian(s.fixed[i*w:(i+1)*w], b)
	}
	*v = values{mode: fixed, left: n, data: s.fixed}
	return nil
}

// next returns the next byte array, in modes plain and offsets.
func (v *values) next() ([]byte, error) {
	if v.mode == offsets {
		v.pos++
		return v.data[v.offs[v.pos-1]:v.offs[v.pos]], nil
	}
	if len(v.data) < 4 {
		return nil, page.Corrupt("it holds fewer values than it says")
	}
	n := uint64(binary.LittleEndian.Uint32(v.data))
	if n > uint64(len(v.data)-4) {
		return nil, page.Corrupt("a value reaches beyond its end")
	}
	b := v.data[4 : 4+n]
	v.data = v.data[4+n:]
	return b, nil
}

// skip passes over k values.
func (v *values) skip(k int) error {
	v.left -= k
	if v.mode != plain {
		v.pos += k
		return nil
	}
	for range k {
		if _, err := v.next(); err != nil {
			return err
		}
	}
	return nil
}

// newDictionary decodes a dictionary page of n entries. It owns its memory.
func newDictionary(c *schema.Column, enc format.Encoding, src []byte, n int) (*dictionary, error) {
	if enc != format.Plain && enc != plainDictionary {
		return nil, page.UnsupportedEncoding(enc, c.Physical)
	}
	if n > len(src)*8 { // a boolean takes a bit
		return nil, page.Corrupt("it holds fewer values than it says")
	}
	d := &dictionary{n: n}
	var s scratch
	v, err := decodeValues(c, format.Plain, src, n, nil, &s)
	if err != nil {
		return nil, err
	}
	if v.mode == fixed {
		d.fixed = append(d.fixed, v.data...)
		return d, nil
	}
	d.data = make([]byte, 0, len(src))
	d.offs = make([]uint32, 1, n+1)
	valid := true
	for i := range n {
		b, err := v.next()
		if err != nil {
			return nil, err
		}
		if c.Type.ID() == arrow.STRING && !utf8.Valid(b) {
			if valid {
				d.bad, valid = make([]bool, n), false
			}
			d.bad[i] = true
		}
		d.data = append(d.data, b...)
		d.offs = append(d.offs, uint32(len(d.data)))
	}
	return d, nil
}

func (d *dictionary) entry(i int32) []byte { return d.data[d.offs[i]:d.offs[i+1]] }

// begin starts a batch's own dictionary.
func (d *dictionary) begin() {
	if d.local == nil {
		d.local, d.stamp = make([]int32, d.n), make([]uint32, d.n)
	}
	d.epoch++
	if d.epoch == 0 {
		clear(d.stamp)
		d.epoch = 1
	}
}
