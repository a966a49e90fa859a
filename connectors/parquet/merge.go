package parquet

import (
	"bufio"
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow/memory"

	col "github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// run is a range of row groups that become one.
type run struct{ first, next int }

// smallRuns finds neighbours that are small because commits came often. None where they are too many bytes to be
// written again. A run is at most as large as a row group may be.
func smallRuns(groups []*col.Written, most int64) []run {
	var runs []run
	var bytes int64
	for i := 0; i < len(groups); {
		r := run{first: i, next: i}
		rows, size := int64(0), int64(0)
		for ; r.next < len(groups); r.next++ {
			g := groups[r.next]
			if g.Meta.NumRows >= most/mergeShare || rows+g.Meta.NumRows > most || size+g.Size > rowGroupBytes {
				break
			}
			rows += g.Meta.NumRows
			size += g.Size
		}
		if r.next-r.first > 1 {
			runs = append(runs, r)
			bytes += size
		}
		i = max(r.next, i+1)
	}
	if bytes > mergeBytes {
		return nil
	}
	return runs
}

// merge writes the file anew with small row groups merged, and gives it its name. The data stays until that is durable,
// so that it can be repeated.
func (o *output) merge(ctx context.Context, name string, replace bool, runs []run) error {
	if err := o.writeTail(); err != nil { // now it is a Parquet file that can be read
		return err
	}
	tmp := o.path + ".merged"
	if err := o.writeMerged(ctx, tmp, runs); err != nil {
		return outputError(tmp, errors.Join(err, o.fs.RemoveAll(tmp)))
	}
	failpoint.Hit("parquet.merged")
	if err := o.close(); err != nil {
		return outputError(o.path, err)
	}
	if !replace {
		if err := pipeline.RefuseForeign(o.fs, name, tmp); err != nil {
			return err
		}
	}
	if err := publish(o.fs, tmp, name); err != nil {
		return err
	}
	if err := o.fs.Remove(o.path); err != nil {
		return outputError(o.path, err)
	}
	if err := o.fs.SyncDir(filepath.Dir(o.path)); err != nil { // the journal may not go before the data
		return outputError(o.path, err)
	}
	return o.removeJournal()
}

func (o *output) writeMerged(ctx context.Context, tmp string, runs []run) (err error) {
	dst, err := o.fs.Create(tmp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	buf := bufio.NewWriterSize(dst, 256<<10)
	if _, err := buf.WriteString(magic); err != nil {
		return err
	}
	at := int64(len(magic))
	var groups []*col.Written
	for i := 0; i < len(o.groups); {
		var w *col.Written
		if len(runs) > 0 && runs[0].first == i {
			g, err := o.reencode(ctx, runs[0])
			if err != nil {
				return readBack(o.path, err)
			}
			if w, err = g.Write(buf, at, len(groups)); err != nil {
				return err
			}
			i, runs = runs[0].next, runs[1:]
		} else {
			if w, err = copyGroup(buf, o.data, o.groups[i], at); err != nil {
				return err
			}
			i++
		}
		at += w.Size
		groups = append(groups, w)
	}
	tail, err := o.spec.tail(groups, at)
	if err != nil {
		return err
	}
	if _, err := buf.Write(tail); err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	return dst.Sync()
}

// reencode reads a run of row groups back and encodes them as one.
func (o *output) reencode(ctx context.Context, r run) (*col.RowGroup, error) {
	src := NewSource(SourceConfig{Path: o.path}, pipeline.Env{FS: o.fs})
	f, err := src.footer(o.path)
	if err != nil {
		return nil, err
	}
	split := &pipeline.Split{File: o.path, Start: f.first[r.first], End: f.first[r.next]}
	want := pipeline.Projection{Rows: pageRows, Bytes: 8 << 20, Alloc: memory.DefaultAllocator}
	for _, n := range o.spec.tree.Fields {
		want.Columns = append(want.Columns, n.Field)
	}
	reader, err := src.Open(ctx, split, pipeline.Position{Offset: split.Start, Byte: -1}, want)
	if err != nil {
		return nil, err
	}
	g := col.NewRowGroup(o.spec.tree.Columns, o.spec.codec, nil)
	enc := newEncoders(o.spec.tree, o.spec.codec, nil)
	for {
		b, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			return g, reader.Close()
		}
		if err == nil {
			err = addTo(g, enc, b)
			b.Record.Release()
		}
		if err != nil {
			return nil, errors.Join(err, reader.Close())
		}
	}
}

// readBack codes an error of reading what was written: it is the disk's, not the input's.
func readBack(path string, err error) error {
	e, ok := fault.As(err)
	if !ok {
		return outputError(path, err)
	}
	if e.Code == fault.InputRead {
		return outputError(path, e.Err)
	}
	return (&fault.Error{Code: fault.StorageIO, What: "what was written can't be read back: " + err.Error(), Err: err}).
		At(fault.Where{File: path})
}

// addTo encodes a batch of the output's own columns.
func addTo(g *col.RowGroup, enc *encoders, b *pipeline.Batch) error {
	e, err := enc.encode(b.Record.Columns()[1:], nil, b.Len()) // the first is _offset
	if err != nil {
		return err
	}
	return e.addTo(g)
}

// addTo hands the pages over to a row group.
func (e *encoded) addTo(g *col.RowGroup) error {
	for i, pages := range e.pages {
		if err := g.Add(i, pages); err != nil {
			return err
		}
	}
	g.Rows += int64(e.rows)
	return nil
}
