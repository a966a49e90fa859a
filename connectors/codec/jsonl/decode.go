package jsonl

import (
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline"
)

// Decode replaces the _offset and _raw columns of a batch by those that the plan's projection asks for. Records that
// are wrong are killed; their values are null. Many goroutines may decode batches of one plan at once.
func (p *Plan) Decode(b *pipeline.Batch, alloc memory.Allocator) error {
	raws := b.Column(pipeline.ColRaw).(*array.Binary)
	d := p.pool.Get().(*decoder)
	defer p.pool.Put(d)
	d.begin(p, b, raws)
	for row := range d.rows {
		if b.Live(row) {
			d.record(row)
		}
	}
	cols := make([]arrow.Array, 0, len(p.want.Columns)+1)
	for i := range p.want.Columns {
		cols = append(cols, d.column(i, alloc))
	}
	if p.want.Extra {
		cols = append(cols, d.extraColumn(alloc))
	}
	column.Replace(b, p.schema, p.want.Raw, cols...)
	d.end()
	return nil
}

// value is where a field's value lies in the batch's bytes: the inside of the quotes for strings.
type value struct {
	from, to int32
	kind     Kind
}

// member is a field that no column takes, from its opening quote to the end of its value.
type member struct{ from, to int32 }

// decoder holds what is found in one batch before columns are built of it.
type decoder struct {
	scanner
	plan    *Plan
	batch   *pipeline.Batch
	bytes   []byte  // the batch's records, one after the other
	ends    []int32 // record i is bytes[ends[i]:ends[i+1]]
	offsets []int64
	rows    int
	row     int
	isUTF8  bool
	values  []value // column-major: value of column c in row r at c*rows+r
	seen    []int32 // by node: the row+1 in which it was last seen
	extras  []member
	// extraEnds[r] is where row r's members end in extras.
	extraEnds []int32
	scratch   []byte
}

func (d *decoder) begin(p *Plan, b *pipeline.Batch, raws *array.Binary) {
	d.plan, d.batch, d.rows = p, b, raws.Len()
	d.bytes, d.ends, d.offsets = nil, raws.ValueOffsets(), b.Offsets()
	if d.rows > 0 {
		d.bytes = raws.Data().Buffers()[2].Bytes()
		d.isUTF8 = utf8.Valid(d.bytes[d.ends[0]:d.ends[d.rows]])
	}
	d.values = zeroed(d.values, len(p.want.Columns)*d.rows)
	d.seen = zeroed(d.seen, p.nodes)
	d.extraEnds = zeroed(d.extraEnds, d.rows)
	d.extras = d.extras[:0]
}

func (d *decoder) end() {
	d.plan, d.batch, d.bytes, d.data, d.ends, d.offsets = nil, nil, nil, nil, nil, nil
}

func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// record finds the wanted values of one record, or kills it.
func (d *decoder) record(row int) {
	from, to := int(d.ends[row]), int(d.ends[row+1])
	extras := len(d.extras)
	d.row, d.from = row, from
	d.data = d.bytes[:to]
	for to > from && isSpace(d.bytes[to-1]) {
		to--
	}
	d.data = d.bytes[:to]
	if d.top() < 0 {
		for c := range d.plan.want.Columns {
			d.values[c*d.rows+row] = value{}
		}
		d.extras = d.extras[:extras]
		raw := d.bytes[from:d.ends[row+1]]
		d.batch.Kill(row, d.fault(place{d.batch.Split.File, d.offsets[row]}, raw))
	}
	d.extraEnds[row] = int32(len(d.extras))
}

// top checks the record and returns -1 if it is wrong.
func (d *decoder) top() int {
	if !d.isUTF8 && !utf8.Valid(d.data[d.from:]) {
		d.bad, d.at = badUTF8, d.from+firstInvalid(d.data[d.from:])
		return -1
	}
	start := d.space(d.from)
	if !d.is(start, '{') {
		return d.other(start)
	}
	i := d.object(start, d.plan.root)
	if i < 0 {
		return d.sound(start)
	}
	if i = d.space(i); i < len(d.data) {
		return d.fail(wantEnd, i)
	}
	return i
}

// sound makes sure that a record with a wrong field is JSON to its end: what is not JSON has no fields.
func (d *decoder) sound(start int) int {
	if d.bad != twice && d.bad != reserved {
		return -1
	}
	bad, at, name := d.bad, d.at, d.name
	if d.other(start); d.bad == notObject { // it found nothing else
		d.bad, d.at, d.name = bad, at, name
	}
	return -1
}

// other judges a record that is no object.
func (d *decoder) other(i int) int {
	next, _ := d.value(i)
	if next < 0 {
		return -1
	}
	if next = d.space(next); next < len(d.data) {
		return d.fail(wantEnd, next)
	}
	d.bad, d.at = notObject, i
	return -1
}

// object checks the object that opens at i, notes the fields that n knows, and returns the index after it.
func (d *decoder) object(i int, n *node) int {
	next, top := 0, n == d.plan.root
	if i = d.space(i + 1); d.is(i, '}') {
		return i + 1
	}
	for {
		name := i
		if !d.is(i, '"') {
			return d.fail(wantName, i)
		}
		var kind Kind
		if i, kind = d.str(i + 1); i < 0 {
			return -1
		}
		kid := n.find(d.unquoted(name+1, i-1, kind), &next)
		if i = d.space(i); !d.is(i, ':') {
			return d.fail(wantColon, i)
		}
		i = d.space(i + 1)
		if kid != nil {
			i = d.field(name, i, kid)
		} else {
			i, _ = d.value(i)
		}
		if i < 0 {
			return -1
		}
		if top && d.plan.want.Extra && (kid == nil || !kid.known) {
			d.extras = append(d.extras, member{int32(name), int32(i)})
		}
		if i = d.space(i); d.is(i, '}') {
			return i + 1
		}
		if !d.is(i, ',') {
			return d.fail(wantCommaBrace, i)
		}
		i = d.space(i + 1)
	}
}

// field notes the value at i of a field that the plan knows and returns the index after it.
func (d *decoder) field(name, i int, n *node) int {
	if n.reserved {
		d.bad, d.at, d.name = reserved, name, n.name
		return -1
	}
	if d.seen[n.id] == int32(d.row+1) {
		d.bad, d.at, d.name = twice, name, n.name
		return -1
	}
	d.seen[n.id] = int32(d.row + 1)
	from, kind := i, Object
	if len(n.kids) > 0 && d.is(i, '{') {
		i = d.object(i, n)
	} else {
		i, kind = d.value(i)
	}
	if i < 0 || n.column < 0 {
		return i
	}
	to := i
	if (kind == String || kind == Escaped) && d.plan.kinds[n.column] != jsonText {
		from, to = from+1, to-1
	}
	d.values[n.column*d.rows+d.row] = value{int32(from), int32(to), kind}
	return i
}

// unquoted returns the name between two positions without its escapes.
func (d *decoder) unquoted(from, to int, kind Kind) []byte {
	if kind != Escaped {
		return d.data[from:to]
	}
	if cap(d.scratch) < to-from {
		d.scratch = make([]byte, to-from)
	}
	n, _ := unescape(d.scratch[:to-from], d.data[from:to])
	return d.scratch[:n]
}
