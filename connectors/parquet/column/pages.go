package column

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// Chunk is a column's part of one row group.
type Chunk struct {
	Group int
	Rows  int64
	Meta  *format.ColumnMetaData
	// End is the byte of the file behind the last that can belong to a page: where the footer begins.
	End int64
}

// pages reads the pages of a column's chunks, one after another.
type pages struct {
	col    *schema.Column
	chunks []Chunk
	w      window

	group  int   // of the open chunk
	stop   int64 // where the open chunk's pages end, by its metadata
	values int64 // of the open chunk still to come, by its metadata
	rows   int64 // of the open chunk still to come, by the footer
	total  int64 // of the open chunk, by the footer
	opened bool
	codec  format.CompressionCodec

	dict    *dictionary
	s       scratch
	at      int64 // file offset of the current page
	entries int   // of the current page: values, nulls included
	pos     int   // entries used
	all     bool  // every entry is a value
	defs    []byte
	reps    []byte // nil where the column does not repeat
	vals    values
}

func (p *pages) name() string { return strings.Join(p.col.Path, ".") }

func (p *pages) fail(at int64, err error) error {
	var read *ReadError
	if err == nil || errors.As(err, &read) {
		return err
	}
	return &Error{Column: p.name(), Group: p.group, Offset: at, Err: err}
}

// openChunk starts with the next chunk; io.EOF after the last.
func (p *pages) openChunk() error {
	if len(p.chunks) == 0 {
		return io.EOF
	}
	c := p.chunks[0]
	p.chunks = p.chunks[1:]
	m := c.Meta
	start := m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	p.group, p.dict, p.opened = c.Group, nil, true
	p.values, p.rows, p.total, p.codec = m.NumValues, c.Rows, c.Rows, m.Codec
	p.stop = start + m.TotalCompressedSize
	p.w.end = c.End
	p.w.seek(start)
	return nil
}

// closeChunk checks that a chunk that was read to its end held what the footer says.
func (p *pages) closeChunk() error {
	if !p.opened {
		return nil
	}
	p.opened = false
	switch {
	case p.rows != 0:
		return p.fail(-1, page.Corrupt("its pages hold %d rows fewer than the footer says", p.rows))
	case p.w.at < p.stop:
		return p.fail(-1, page.Corrupt("%d bytes follow its last page", p.stop-p.w.at))
	}
	return nil
}

// header reads the next page's header, without what follows it.
func (p *pages) header() (page.Header, error) {
	p.at = p.w.at
	for n := 4 << 10; ; n *= 8 {
		b, err := p.w.peek(n)
		if err != nil {
			return page.Header{}, err
		}
		h, more, err := page.ParseHeader(b)
		if more && len(b) == n && n < page.MaxHeader {
			continue
		}
		if more {
			err = page.Corrupt("its header ends too early")
		}
		if err == nil {
			p.w.skip(h.Len)
			if int64(h.Compressed) > p.w.end-p.w.at {
				err = page.Corrupt("it claims %d bytes, and the file has %d left for pages", h.Compressed, p.w.end-p.w.at)
			}
		}
		return h, p.fail(p.at, err)
	}
}

// next loads the next data page, passing over whole pages of up to skip rows where it can tell; it returns what is left
// of skip. io.EOF after the last page of the last chunk.
func (p *pages) next(skip int64) (int64, error) {
	if p.vals.left == 0 && p.vals.mode == plain && len(p.vals.data) > 0 {
		return skip, p.fail(p.at, page.Corrupt("%d bytes follow its last value", len(p.vals.data)))
	}
	for {
		if !p.opened || p.values == 0 {
			if err := p.closeChunk(); err != nil {
				return skip, err
			}
			if err := p.openChunk(); err != nil {
				return skip, err
			}
			continue
		}
		if p.w.at >= p.stop { // older writers count too few bytes, but never a page too few
			return skip, p.fail(-1, page.Corrupt("its pages hold %d values fewer than the footer says", p.values))
		}
		h, err := p.header()
		if err != nil {
			return skip, err
		}
		switch h.Type {
		case format.DictionaryPage:
			if err := p.readDictionary(h); err != nil {
				return skip, p.fail(p.at, err)
			}
			continue
		case format.IndexPage:
			p.w.skip(h.Compressed)
			continue
		}
		if int64(h.Values) > p.values {
			return skip, p.fail(p.at, page.Corrupt("it holds %d values, and the footer leaves %d", h.Values, p.values))
		}
		p.values -= int64(h.Values)
		if rows := p.pageRows(h); rows >= 0 && rows <= skip && !(rows == 0 && h.Values > 0) {
			skip -= rows
			p.rows -= rows
			p.w.skip(h.Compressed)
			continue
		}
		return skip, p.fail(p.at, p.load(h))
	}
}

// pageRows is the number of rows of a page by its header; -1 where only its levels tell.
func (p *pages) pageRows(h page.Header) int64 {
	switch {
	case p.col.MaxRep == 0:
		return int64(h.Values)
	case h.Type == format.DataPageV2:
		return int64(h.Rows)
	default:
		return -1
	}
}

// body returns the page's bytes after the header, checked.
func (p *pages) body(h page.Header) ([]byte, error) {
	b, err := p.w.peek(h.Compressed)
	if err != nil {
		return nil, err
	}
	if len(b) < h.Compressed {
		return nil, page.Corrupt("the file ends inside of it")
	}
	if h.HasCRC {
		if sum := crc32.ChecksumIEEE(b); sum != h.CRC {
			return nil, page.Corrupt("its checksum is %08x, and should be %08x", sum, h.CRC)
		}
	}
	p.w.skip(h.Compressed)
	return b, nil
}

func (p *pages) readDictionary(h page.Header) error {
	if p.dict != nil {
		return page.Corrupt("it is a second dictionary")
	}
	b, err := p.body(h)
	if err != nil {
		return err
	}
	raw, err := p.decompress(p.codec, h.Uncompressed, b)
	if err != nil {
		return err
	}
	p.dict, err = newDictionary(p.col, h.Encoding, raw, h.Values)
	return err
}

// load decodes a data page.
func (p *pages) load(h page.Header) error {
	b, err := p.body(h)
	if err != nil {
		return err
	}
	var reps, defs []byte
	if h.Type == format.DataPageV2 {
		if h.DefLen > 0 && p.col.MaxDef == 0 || h.RepLen > 0 && p.col.MaxRep == 0 {
			return page.Corrupt("it has levels, and the schema says that it has none")
		}
		reps, defs, b = b[:h.RepLen], b[h.RepLen:h.RepLen+h.DefLen], b[h.RepLen+h.DefLen:]
		codec := p.codec
		if h.Plain {
			codec = format.Uncompressed
		}
		b, err = p.decompress(codec, h.Uncompressed-h.RepLen-h.DefLen, b)
	} else {
		b, err = p.decompress(p.codec, h.Uncompressed, b)
		if err == nil {
			reps, defs, b, err = p.cutLevels(h, b)
		}
	}
	if err != nil {
		return err
	}
	p.entries, p.pos = h.Values, 0
	n, err := p.decodeLevels(h, reps, defs)
	if err != nil {
		return err
	}
	p.vals, err = decodeValues(p.col, h.Encoding, b, n, p.dict, &p.s)
	return err
}

func (p *pages) decompress(codec format.CompressionCodec, n int, b []byte) ([]byte, error) {
	if codec == format.Uncompressed {
		if len(b) != n {
			return nil, page.Corrupt("it holds %d bytes, and its header says %d", len(b), n)
		}
		return b, nil
	}
	p.s.inflated = resize(p.s.inflated, n)
	return page.Decompress(codec, p.s.inflated, b)
}

// cutLevels cuts a version 1 page into its parts: each kind of levels comes after its length.
func (p *pages) cutLevels(h page.Header, b []byte) (reps, defs, rest []byte, err error) {
	cut := func(enc format.Encoding, top byte) (part []byte, err error) {
		if top == 0 {
			return nil, nil
		}
		if enc == format.BitPacked { // parquet-format deprecated it in 2013
			if h.Values == 0 {
				return nil, nil
			}
			return nil, &page.Unsupported{Feature: "the encoding BIT_PACKED of levels"}
		}
		if len(b) < 4 {
			return nil, page.Corrupt("its levels end too early")
		}
		n := uint64(binary.LittleEndian.Uint32(b))
		if n > uint64(len(b)-4) {
			return nil, page.Corrupt("its levels reach beyond its end")
		}
		part, b = b[4:4+n], b[4+n:]
		return part, nil
	}
	if reps, err = cut(h.RepEnc, p.col.MaxRep); err == nil {
		defs, err = cut(h.DefEnc, p.col.MaxDef)
	}
	return reps, defs, b, err
}

// decodeLevels decodes a page's levels and counts its rows. It returns the number of values that are not null.
func (p *pages) decodeLevels(h page.Header, reps, defs []byte) (int, error) {
	n := h.Values
	p.all, p.reps, p.defs = true, nil, nil
	rows := n
	if p.col.MaxRep > 0 {
		p.s.reps = resize(p.s.reps, n)
		p.reps = p.s.reps
		all, err := page.DecodeLevels(p.reps, reps, p.col.MaxRep)
		if err != nil {
			return 0, err
		}
		if all {
			fill(p.reps, p.col.MaxRep)
		}
		rows = count(p.reps, 0)
		if h.Type == format.DataPageV2 && rows != h.Rows {
			return 0, page.Corrupt("it holds %d rows, and its header says %d", rows, h.Rows)
		}
		if n > 0 && p.reps[0] != 0 && p.rows == p.total {
			return 0, page.Corrupt("it begins inside of a row")
		}
	} else if h.Type == format.DataPageV2 && h.Rows != n {
		return 0, page.Corrupt("it holds %d rows, and its header says %d", n, h.Rows)
	}
	if p.rows -= int64(rows); p.rows < 0 {
		return 0, page.Corrupt("the column has more rows than the footer says")
	}
	if p.col.MaxDef == 0 {
		return n, nil
	}
	p.s.defs = resize(p.s.defs, n)
	p.defs = p.s.defs
	all, err := page.DecodeLevels(p.defs, defs, p.col.MaxDef)
	if err != nil {
		return 0, err
	}
	if all {
		p.defs = nil
		return n, p.checkNulls(h, 0)
	}
	values := count(p.defs, p.col.MaxDef)
	p.all = values == n
	return values, p.checkNulls(h, n-values)
}

func (p *pages) checkNulls(h page.Header, nulls int) error {
	if h.Type == format.DataPageV2 && p.col.MaxRep == 0 && h.Nulls != nulls {
		return page.Corrupt("it holds %d nulls, and its header says %d", nulls, h.Nulls)
	}
	return nil
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

func count(b []byte, v byte) (n int) {
	for _, x := range b {
		if x == v {
			n++
		}
	}
	return n
}
