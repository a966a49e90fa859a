package parquet

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Reader reads one split.
type Reader struct {
	split  *pipeline.Split
	footer *footer
	fs     disk.FS
	file   disk.File
	want   pipeline.Projection
	plan   []*plan
	group  int // row groups of the split
	groups int
	row    int64 // next row
	done   bool
}

var _ pipeline.Reader = (*Reader)(nil)

// plan is a column of the batches.
type plan struct {
	name   string
	node   *schema.Node
	leaves []*column.Reader
	cols   []*schema.Column

	// ahead holds rows that were read beyond the batch before, because another column ended it earlier.
	ahead  arrow.Array
	faults []rowFault
}

// rowFault is a fault at a row, counted from the plan's next row.
type rowFault struct {
	row   int
	fault column.Fault
}

func (r *Reader) maxValue() int {
	if r.want.MaxRecord > 0 {
		return r.want.MaxRecord
	}
	return math.MaxInt
}

// open opens the file and moves every column to the first row.
func (r *Reader) open() error {
	f := r.footer
	r.group = sort.Search(len(f.first), func(i int) bool { return f.first[i] > r.row }) - 1
	r.groups = sort.Search(len(f.first), func(i int) bool { return f.first[i] >= r.split.End })
	r.group, r.groups = min(r.group, len(f.meta.RowGroups)), min(r.groups, len(f.meta.RowGroups))
	if r.want.Alloc == nil {
		r.want.Alloc = memory.DefaultAllocator
	}
	file, err := r.fs.Open(f.path)
	if err != nil {
		return readError(f.path, err)
	}
	r.file = file
	if len(r.plan) == 0 && len(f.tree.Fields) > 0 { // nothing is asked for but to count: the pages still have to agree
		r.plan = append(r.plan, &plan{node: cheapest(f)})
	}
	for _, p := range r.plan {
		p.cols = p.node.Leaves(nil)
		flat := p.node.Kind == schema.Leaf && p.node.Leaf.MaxRep == 0
		for _, c := range p.cols {
			l := r.newReader(c, flat)
			p.leaves = append(p.leaves, l)
			if err := l.Skip(r.row - f.first[r.group]); err != nil {
				return errors.Join(r.fail(err), r.Close())
			}
		}
	}
	return nil
}

// cheapest is the field with the fewest bytes.
func cheapest(f *footer) *schema.Node {
	best, least := f.tree.Fields[0], int64(math.MaxInt64)
	for _, n := range f.tree.Fields {
		var size int64
		for _, c := range n.Leaves(nil) {
			for i := range f.meta.RowGroups {
				size += f.meta.RowGroups[i].Columns[c.Index].MetaData.TotalCompressedSize
			}
		}
		if size < least {
			best, least = n, size
		}
	}
	return best
}

// fail codes an error; where the file changed meanwhile, that is the error.
func (r *Reader) fail(err error) error {
	var read *column.ReadError
	if !errors.As(err, &read) {
		if e := r.unchanged(); e != nil {
			return e
		}
	}
	return inputError(r.split.File, err)
}

// unchanged checks that the path still leads to the file as it was.
func (r *Reader) unchanged() error {
	info, err := r.fs.Stat(r.footer.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return readError(r.footer.path, err)
	}
	if err != nil || info.Size() != r.footer.size || info.ModTime().UnixNano() != r.footer.modified {
		return changed(r.footer.path)
	}
	return nil
}

// Next implements pipeline.Reader.
func (r *Reader) Next(ctx context.Context) (b *pipeline.Batch, err error) {
	defer guard(r.split.File, &err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.row == r.split.End {
		return nil, r.finish()
	}
	n := int(min(r.split.End-r.row, int64(r.batchRows())))
	for _, p := range r.plan {
		if p.ahead != nil {
			n = min(n, p.ahead.Len())
		}
	}
	for _, p := range r.plan {
		if p.ahead == nil {
			if err := r.read(p, n); err != nil {
				return nil, r.fail(err)
			}
			n = min(n, p.ahead.Len())
		}
	}
	return r.batch(n), nil
}

// batchRows is the number of rows that a batch can have.
func (r *Reader) batchRows() int {
	if r.want.Rows > 0 {
		return r.want.Rows
	}
	return 8192
}

func (r *Reader) budget() int {
	if r.want.Bytes > 0 {
		return r.want.Bytes
	}
	return 4 << 20
}

// read reads up to n rows of a column ahead.
func (r *Reader) read(p *plan, n int) error {
	values := make([]column.Values, 0, len(p.leaves))
	release := func() {
		for _, v := range values {
			v.Array.Release()
		}
	}
	budget := r.budget()
	for _, l := range p.leaves {
		got, err := l.Read(n, budget)
		if errors.Is(err, io.EOF) {
			err = page.Corrupt("its pages hold fewer rows than the footer says")
		}
		if err == nil && len(p.leaves) > 1 && got < n {
			if len(values) > 0 || got == 0 {
				err = page.Corrupt("its columns hold different numbers of rows")
			}
		}
		if err != nil {
			release()
			return err
		}
		n = got
		values = append(values, l.Take())
		budget = math.MaxInt // the others follow the first
	}
	for i := range values {
		for _, f := range values[i].Faults {
			p.faults = append(p.faults, rowFault{row: values[i].RowOf(p.cols[i], f.Slot), fault: f})
		}
	}
	if p.node.Kind == schema.Leaf {
		p.ahead = values[0].Array
		return nil
	}
	var err error
	p.ahead, err = column.Assemble(p.node, n, values, r.want.Alloc)
	return err
}

// take cuts the next n rows off what a plan has read ahead.
func (p *plan) take(n int) arrow.Array {
	out := p.ahead
	p.ahead = nil
	if n == out.Len() {
		return out
	}
	p.ahead = array.NewSlice(out, int64(n), int64(out.Len()))
	defer out.Release()
	return array.NewSlice(out, 0, int64(n))
}

// batch makes a batch of the next n rows.
func (r *Reader) batch(n int) *pipeline.Batch {
	cols := []arrow.Array{r.offsets(n)}
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	b := &pipeline.Batch{Split: r.split, First: r.row}
	var faults []pipeline.RowFault
	for _, p := range r.plan {
		arr := p.take(n)
		if p.name == "" {
			arr.Release()
			continue
		}
		cols = append(cols, arr)
		fields = append(fields, arrow.Field{
			Name: p.name, Type: arr.DataType(), Nullable: p.node.Field.Nullable || arr.NullN() > 0 || p.node.Def > 0,
			Metadata: p.node.Field.Metadata,
		})
		var later []rowFault
		for _, f := range p.faults {
			if f.row < n {
				faults = append(faults, r.rowFault(p, f))
			} else {
				later = append(later, rowFault{row: f.row - n, fault: f.fault})
			}
		}
		p.faults = later
	}
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(n))
	for _, c := range cols {
		c.Release()
	}
	for _, f := range faults {
		if b.Live(f.Row) {
			b.Kill(f.Row, f.Err)
			b.Faults[len(b.Faults)-1].Raw = f.Raw
		}
	}
	r.row += int64(n)
	b.Next = pipeline.Position{Offset: r.row, Byte: -1, Read: r.progress()}
	return b
}

func (r *Reader) rowFault(p *plan, f rowFault) pipeline.RowFault {
	where := fault.Where{File: r.split.File, Row: r.row + int64(f.row) + 1, Field: p.name}
	out := pipeline.RowFault{Row: f.row, Raw: f.fault.Raw}
	if f.fault.Large > 0 {
		out.Err = fault.New(fault.RecordTooLarge, "the value has %d bytes, and the limit is %d", f.fault.Large, r.want.MaxRecord).At(where)
	} else {
		out.Err = fault.New(fault.RecordUTF8, "the value is not valid UTF-8").At(where)
	}
	return out
}

// progress is the share of the split's bytes that the rows so far stand for.
func (r *Reader) progress() int64 {
	rows := r.split.End - r.split.Start
	return int64(float64(r.split.Size) * float64(r.row-r.split.Start) / float64(max(rows, 1)))
}

func (r *Reader) offsets(n int) arrow.Array {
	buf := memory.NewResizableBuffer(r.want.Alloc)
	buf.Resize(8 * n)
	for i, at := 0, arrow.Int64Traits.CastFromBytes(buf.Bytes()); i < n; i++ {
		at[i] = r.row + int64(i)
	}
	data := array.NewData(arrow.PrimitiveTypes.Int64, n, []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer data.Release()
	buf.Release()
	return array.MakeFromData(data)
}

// finish checks the ends of all columns and that the file is still the same, once.
func (r *Reader) finish() error {
	if r.done {
		return io.EOF
	}
	for _, p := range r.plan {
		for _, l := range p.leaves {
			if err := l.Finish(); err != nil {
				return r.fail(err)
			}
		}
	}
	if err := r.unchanged(); err != nil {
		return err
	}
	r.done = true
	return io.EOF
}

// Close implements pipeline.Reader.
func (r *Reader) Close() error {
	for _, p := range r.plan {
		if p.ahead != nil {
			p.ahead.Release()
			p.ahead = nil
		}
		for _, l := range p.leaves {
			l.Release()
		}
		p.leaves = nil
	}
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
