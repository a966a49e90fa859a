package parquet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	col "github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// tail returns what ends a file: the page indexes, the footer, its length and the magic bytes. It begins at byte at.
func (s *spec) tail(groups []*col.Written, at int64) ([]byte, error) {
	if len(groups) > maxRowGroups {
		return nil, fault.New(fault.OutputRows, "one Parquet file can hold %d row groups, and there are %d", maxRowGroups, len(groups)).
			WithFix("write to a folder (a path that ends with a slash), or commit less often")
	}
	var buf bytes.Buffer
	enc := thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(&buf))
	meta := format.FileMetaData{
		Version: 2, Schema: s.elements, RowGroups: []format.RowGroup{}, KeyValueMetadata: s.metadata, CreatedBy: createdBy,
	}
	for range s.tree.Columns {
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: new(format.TypeDefinedOrder)})
	}
	for i, g := range groups {
		rg := g.Meta
		rg.Ordinal = int16(i)
		rg.Columns = append([]format.ColumnChunk(nil), rg.Columns...)
		meta.RowGroups = append(meta.RowGroups, rg)
		meta.NumRows += rg.NumRows
	}
	var err error
	put := func(v any) (offset int64, length int32) {
		before := buf.Len()
		err = errors.Join(err, enc.Encode(v))
		return at + int64(before), int32(buf.Len() - before)
	}
	for i, g := range groups {
		for j := range g.Columns {
			if len(g.Columns[j].NullPages) > 0 {
				c := &meta.RowGroups[i].Columns[j]
				c.ColumnIndexOffset, c.ColumnIndexLength = put(&g.Columns[j])
			}
		}
	}
	for i, g := range groups {
		for j := range g.Offsets {
			c := &meta.RowGroups[i].Columns[j]
			c.OffsetIndexOffset, c.OffsetIndexLength = put(&g.Offsets[j])
		}
	}
	meta.KeyValueMetadata = append(slices.Clone(meta.KeyValueMetadata), format.KeyValue{Key: keyFooter, Value: noSum})
	_, length := put(&meta)
	if err == nil {
		err = setSum(buf.Bytes()[buf.Len()-int(length):])
	}
	b := binary.LittleEndian.AppendUint32(buf.Bytes(), uint32(length))
	return append(b, magic...), err
}

// finish completes the file and gives it its name. It is repeated after a crash: whatever part of it was done. Without
// replace a file of that name is refused, unless a crash left it between the rename and the end of this: then it holds
// what was just made.
func (o *output) finish(ctx context.Context, name string, replace bool) error {
	if err := o.clean(); err != nil {
		return err
	}
	runs := smallRuns(o.groups, o.spec.groupRows)
	if len(runs) > 0 {
		return o.merge(ctx, name, replace, runs)
	}
	if err := o.writeTail(); err != nil {
		return err
	}
	failpoint.Hit("parquet.tail_synced")
	if err := o.close(); err != nil {
		return outputError(o.path, err)
	}
	if !replace {
		if err := pipeline.RefuseForeign(o.fs, name, o.path); err != nil {
			return err
		}
	}
	if err := publish(o.fs, o.path, name); err != nil {
		return err
	}
	return o.removeJournal()
}

// writeTail ends the data with its footer. What counts stays as it was: the next clean or cut takes the footer off.
func (o *output) writeTail() error {
	b, err := o.spec.tail(o.groups, o.at.Data)
	if err != nil {
		return outputError(o.path, err)
	}
	if err := o.data.Truncate(o.at.Data); err != nil {
		return outputError(o.path, err)
	}
	if _, err := o.data.Seek(o.at.Data, io.SeekStart); err != nil {
		return outputError(o.path, err)
	}
	o.dirty = true
	if _, err = o.data.Write(b); err == nil {
		err = o.data.Sync()
	}
	return outputError(o.path, err)
}

// publish gives a synced file its final name.
func publish(fsys disk.FS, from, to string) error {
	if err := fsys.Rename(from, to); err != nil {
		return outputError(to, err)
	}
	failpoint.Hit("parquet.renamed")
	return outputError(to, fsys.SyncDir(filepath.Dir(to)))
}

func (o *output) removeJournal() error {
	err := o.fs.Remove(o.path + journalSuffix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return outputError(o.path+journalSuffix, err)
	}
	return outputError(o.path, o.fs.SyncDir(filepath.Dir(o.path)))
}

// copyGroup copies a row group's bytes to byte at of another file, and returns its metadata there.
func copyGroup(dst *bufio.Writer, src io.ReaderAt, w *col.Written, at int64) (*col.Written, error) {
	from := w.Meta.FileOffset
	if _, err := io.Copy(dst, io.NewSectionReader(src, from, w.Size)); err != nil {
		return nil, err
	}
	moved := *w
	moved.Meta.FileOffset = at
	moved.Meta.Columns = append([]format.ColumnChunk(nil), w.Meta.Columns...)
	moved.Offsets = append([]format.OffsetIndex(nil), w.Offsets...)
	for i := range moved.Meta.Columns {
		m := &moved.Meta.Columns[i].MetaData
		m.DataPageOffset += at - from
		if m.DictionaryPageOffset > 0 {
			m.DictionaryPageOffset += at - from
		}
		pages := append([]format.PageLocation(nil), moved.Offsets[i].PageLocations...)
		for j := range pages {
			pages[j].Offset += at - from
		}
		moved.Offsets[i].PageLocations = pages
	}
	return &moved, nil
}
