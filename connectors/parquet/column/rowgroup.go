package column

import (
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// RowGroup collects pages until they are written, column by column.
type RowGroup struct {
	cols []*chunk
	Rows int64
	// Size is about the number of bytes held: the pages as they are written, and the dictionaries before compression.
	Size int64
}

// chunk is a column of the row group.
type chunk struct {
	col     *schema.Column
	pages   []*Page
	entries table // the dictionary
	full    bool  // the dictionary takes no more
	remap   []int32
	press   press
	indexed bool
	plain   bool
}

// NewRowGroup returns an empty row group of the columns. Spares are those of the pages' encoders.
func NewRowGroup(cols []*schema.Column, codec format.CompressionCodec, spares Spares) *RowGroup {
	g := &RowGroup{}
	for _, c := range cols {
		g.cols = append(g.cols, &chunk{col: c, press: press{codec: codec, spares: spares, column: c.Index}})
	}
	return g
}

// Add takes over pages of a column. Rows are counted by the caller, once for all columns.
func (g *RowGroup) Add(column int, pages []*Page) error {
	c := g.cols[column]
	for _, p := range pages {
		if p.Bytes == nil {
			before := c.entries.size()
			if err := c.index(p); err != nil {
				return err
			}
			g.Size += int64(c.entries.size() - before)
		} else {
			c.plain = true
		}
		c.pages = append(c.pages, p)
		g.Size += int64(len(p.Bytes))
	}
	return nil
}

// index finishes a page that waits for the dictionary, as plain values where that is full.
func (c *chunk) index(p *Page) error {
	raw := p.levels
	if c.full || c.entries.len()+p.entries.len() > dictionaryEntries || len(c.entries.data)+len(p.entries.data) > dictionaryBytes {
		c.full, c.plain = true, true
		e := Encoder{}
		for _, id := range p.ids {
			e.text(p.entries.entry(id))
		}
		raw = append(raw, e.vals...)
		p.ids, p.entries = nil, table{}
		return c.press.encode(p, raw, format.Plain)
	}
	c.indexed = true
	c.remap = resize(c.remap, p.entries.len())
	for i := range c.remap {
		c.remap[i] = c.entries.find(p.entries.entry(int32(i)))
	}
	for i, id := range p.ids {
		p.ids[i] = c.remap[id]
	}
	var enc rle.DictionaryEncoding
	b, err := enc.EncodeInt32(nil, p.ids)
	if err != nil {
		return err
	}
	raw = append(raw, b...)
	p.ids, p.entries = nil, table{}
	return c.press.encode(p, raw, format.RLEDictionary)
}

// Written is what WriteTo left in the file.
type Written struct {
	Meta    format.RowGroup
	Columns []format.ColumnIndex
	Offsets []format.OffsetIndex
	Size    int64 // bytes
}

// Write writes the row group's pages; they begin at byte at of the file. The row group is unchanged, so that it can be
// written again after an error.
func (g *RowGroup) Write(w io.Writer, at int64, ordinal int) (*Written, error) {
	out := &Written{Meta: format.RowGroup{NumRows: g.Rows, FileOffset: at, Ordinal: int16(ordinal)}}
	start := at
	for _, c := range g.cols {
		meta := format.ColumnChunk{MetaData: format.ColumnMetaData{
			Type: c.col.Physical, PathInSchema: c.col.Path, Codec: c.press.codec, Encoding: c.encodings(),
		}}
		var offsets format.OffsetIndex
		n, err := c.write(w, at, &meta.MetaData, &offsets)
		if err != nil {
			return nil, err
		}
		at += n
		index := c.finish(&meta.MetaData)
		out.Meta.Columns = append(out.Meta.Columns, meta)
		out.Meta.TotalByteSize += meta.MetaData.TotalUncompressedSize
		out.Columns = append(out.Columns, index)
		out.Offsets = append(out.Offsets, offsets)
	}
	out.Size = at - start
	out.Meta.TotalCompressedSize = out.Size
	return out, nil
}

// Recycle gives the pages' memory back, after which the row group must not be used.
func (g *RowGroup) Recycle() {
	for _, c := range g.cols {
		for _, p := range c.pages {
			p.spares.give(c.press.column, p.Bytes)
			p.Bytes = nil
		}
	}
}

func (c *chunk) encodings() []format.Encoding {
	var out []format.Encoding
	if c.plain || c.indexed {
		out = append(out, format.Plain)
	}
	if c.col.MaxDef > 0 || c.col.MaxRep > 0 {
		out = append(out, format.RLE)
	}
	if c.indexed {
		out = append(out, format.RLEDictionary)
	}
	return out
}

func (c *chunk) write(w io.Writer, at int64, m *format.ColumnMetaData, o *format.OffsetIndex) (int64, error) {
	start := at
	if c.indexed {
		b, size, err := c.dictionary()
		if err != nil {
			return 0, err
		}
		if _, err := w.Write(b); err != nil {
			return 0, err
		}
		m.DictionaryPageOffset = at
		m.TotalUncompressedSize += int64(size)
		at += int64(len(b))
		c.press.spares.give(c.press.column, b)
	}
	m.DataPageOffset = at
	rows := int64(0)
	for _, p := range c.pages {
		if _, err := w.Write(p.Bytes); err != nil {
			return 0, err
		}
		o.PageLocations = append(o.PageLocations, format.PageLocation{
			Offset: at, CompressedPageSize: int32(len(p.Bytes)), FirstRowIndex: rows,
		})
		m.NumValues += int64(p.Entries)
		m.TotalUncompressedSize += int64(p.Uncompressed)
		rows += int64(p.Rows)
		at += int64(len(p.Bytes))
	}
	m.TotalCompressedSize = at - start
	return at - start, nil
}

func (c *chunk) dictionary() ([]byte, int, error) {
	e := Encoder{}
	for i := range c.entries.len() {
		e.text(c.entries.entry(int32(i)))
	}
	h := format.PageHeader{Type: format.DictionaryPage}
	h.DictionaryPageHeader.Set(format.DictionaryPageHeader{NumValues: int32(c.entries.len()), Encoding: format.Plain})
	return c.press.page(&h, e.vals)
}

// finish fills in the statistics and returns the column index.
func (c *chunk) finish(m *format.ColumnMetaData) format.ColumnIndex {
	o := orderOf(c.col)
	text := c.col.Type.ID() == arrow.STRING
	var all Bounds
	var index format.ColumnIndex
	known := o != unordered
	var mins, maxs [][]byte
	for _, p := range c.pages {
		m.Statistics.NullCount += int64(p.Nulls)
		all.join(o, p.Bounds)
		empty := p.n == 0
		known = known && (empty || p.Bounded)
		cut := p.Bounds.cut(text)
		if empty {
			cut = Bounds{Min: []byte{}, Max: []byte{}}
		} else {
			mins, maxs = append(mins, cut.Min), append(maxs, cut.Max)
		}
		index.NullPages = append(index.NullPages, empty)
		index.MinValues = append(index.MinValues, nonNil(cut.Min))
		index.MaxValues = append(index.MaxValues, nonNil(cut.Max))
		index.NullCounts = append(index.NullCounts, int64(p.Nulls))
	}
	if all.Bounded && len(all.Min) <= maxBound && len(all.Max) <= maxBound {
		m.Statistics.MinValue, m.Statistics.MaxValue = nonNil(all.Min), nonNil(all.Max)
	}
	if !known {
		return format.ColumnIndex{}
	}
	index.BoundaryOrder = boundaryOrder(o, mins, maxs)
	return index
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func boundaryOrder(o order, mins, maxs [][]byte) format.BoundaryOrder {
	up := func(a, b []byte) int { return o.compare(a, b) }
	down := func(a, b []byte) int { return o.compare(b, a) }
	switch {
	case slices.IsSortedFunc(mins, up) && slices.IsSortedFunc(maxs, up):
		return format.Ascending
	case slices.IsSortedFunc(mins, down) && slices.IsSortedFunc(maxs, down):
		return format.Descending
	default:
		return format.Unordered
	}
}
