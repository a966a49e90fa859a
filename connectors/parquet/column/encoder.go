package column

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// Encoder collects slots of one column and cuts them into pages. It is used by one goroutine.
type Encoder struct {
	node  *schema.Node // the top-level field above the column
	path  []*schema.Node
	col   *schema.Column
	press press

	rows, nulls int
	defs, reps  []byte
	vals        []byte // physical values in the plain encoding
	n           int    // values in vals or ids

	dict  bool // values are ids into the page's own dictionary
	table table
	ids   []int32
	hint  int // batches to come in which a dictionary is not tried

	b       bounds
	slots   []int32
	scratch []byte
}

// NewEncoders returns an encoder for each leaf of a field. Their pages lie in memory of spares.
func NewEncoders(node *schema.Node, codec format.CompressionCodec, spares Spares) []*Encoder {
	var out []*Encoder
	var walk func(path []*schema.Node)
	walk = func(path []*schema.Node) {
		n := path[len(path)-1]
		if n.Kind == schema.Leaf {
			out = append(out, &Encoder{node: node, path: slices.Clone(path), col: n.Leaf, press: press{codec: codec, spares: spares, column: n.Leaf.Index}})
			return
		}
		for _, c := range n.Children {
			walk(append(path, c))
		}
	}
	walk([]*schema.Node{node})
	return out
}

// Size is about the number of bytes collected.
func (e *Encoder) Size() int { return len(e.vals) + 2*len(e.ids) + len(e.table.data) }

// Rows is the number of rows collected.
func (e *Encoder) Rows() int { return e.rows }

// Append collects rows of the field's array; nil: all of them.
func (e *Encoder) Append(arr arrow.Array, rows []int32) error {
	if e.rows == 0 {
		e.startDictionary()
	}
	if len(e.path) == 1 {
		return e.appendFlat(arr, rows)
	}
	return e.appendNested(arr, rows)
}

func (e *Encoder) appendFlat(arr arrow.Array, rows []int32) error {
	n := arr.Len()
	if rows != nil {
		n = len(rows)
	}
	e.rows += n
	if arr.DataType().ID() == arrow.NULL {
		e.nulls += n
		e.defs = append(e.defs, make([]byte, n)...)
		return nil
	}
	if arr.NullN() == 0 {
		if e.col.MaxDef > 0 {
			at := len(e.defs)
			e.defs = slices.Grow(e.defs, n)[:at+n]
			fill(e.defs[at:], 1)
		}
		return e.values(arr, rows, n)
	}
	e.slots = e.slots[:0]
	for i := range n {
		row := int32(i)
		if rows != nil {
			row = rows[i]
		}
		if arr.IsValid(int(row)) {
			e.defs = append(e.defs, 1)
			e.slots = append(e.slots, row)
		} else {
			e.defs = append(e.defs, 0)
		}
	}
	if e.col.MaxDef == 0 {
		e.defs = e.defs[:0]
		if len(e.slots) < n {
			return e.errNull()
		}
	}
	e.nulls += n - len(e.slots)
	return e.values(arr, e.slots, len(e.slots))
}

func (e *Encoder) errNull() error {
	return fmt.Errorf("the column %q has a null, and its schema allows none", e.col.Path[0])
}

// Page is one page's content, encoded but for dictionary indexes, which depend on the row group.
type Page struct {
	Rows, Entries, Nulls int
	Bounds
	// Bytes is the page with its header; nil where it waits for the row group's dictionary.
	Bytes        []byte
	Uncompressed int // bytes of header and page before compression

	spares  Spares // that Bytes go back to: a page may be written by another sink than the one that encoded it
	levels  []byte // as version 1 has them
	ids     []int32
	entries table
	n       int
}

// Cut ends a page.
func (e *Encoder) Cut() (*Page, error) {
	p := &Page{Rows: e.rows, Nulls: e.nulls, Entries: max(len(e.defs), e.n), n: e.n}
	p.Bounds = e.b.take(e.col, e)
	levels, err := e.levels()
	if err != nil {
		return nil, err
	}
	if e.dict {
		p.levels = slices.Clone(levels)
		p.ids = slices.Clone(e.ids)
		p.entries = e.table.clone()
	} else {
		e.scratch = append(levels, e.vals...)
		err = e.press.encode(p, e.scratch, format.Plain)
	}
	e.rows, e.nulls, e.n = 0, 0, 0
	e.defs, e.reps, e.vals, e.ids = e.defs[:0], e.reps[:0], e.vals[:0], e.ids[:0]
	e.table.reset()
	return p, err
}

// levels encodes the levels into scratch memory.
func (e *Encoder) levels() ([]byte, error) {
	out := e.scratch[:0]
	var err error
	if e.col.MaxRep > 0 {
		if out, err = appendLevels(out, e.reps, e.col.MaxRep); err != nil {
			return nil, err
		}
	}
	if e.col.MaxDef > 0 {
		if out, err = appendLevels(out, e.defs, e.col.MaxDef); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendLevels(dst, levels []byte, top byte) ([]byte, error) {
	if v, ok := same(levels); ok { // one run
		dst = append(dst, 0, 0, 0, 0)
		at := len(dst)
		dst = binary.AppendUvarint(dst, uint64(len(levels))<<1)
		dst = append(dst, v)
		binary.LittleEndian.PutUint32(dst[at-4:], uint32(len(dst)-at))
		return dst, nil
	}
	enc := rle.Encoding{BitWidth: bits.Len8(top)}
	b, err := enc.EncodeLevels(nil, levels)
	if err != nil {
		return dst, err
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(b)))
	return append(dst, b...), nil
}

func same(b []byte) (byte, bool) {
	if len(b) == 0 {
		return 0, false
	}
	return b[0], count(b, b[0]) == len(b)
}
