package parquet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	col "github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// output is a Parquet file that grows by row groups: the data in a file that lacks nothing but its footer, and beside it
// a journal with each row group's metadata, from which the footer is made at the end. Both only grow; after a crash they
// are cut to the lengths of the last mark.
//
// An entry of the journal is its length in 4 bytes, little-endian, then the row group, its column indexes and its offset
// indexes as thrift structs.
type output struct {
	fs      disk.FS
	path    string // of the data; the journal has ".meta" added
	spec    *spec
	data    disk.File
	journal disk.File
	at      mark
	sum     *xxhash.Digest // of the journal up to at
	groups  []*col.Written
	dirty   bool // something may lie behind at
}

// mark is a length to which an output can be cut.
type mark struct {
	Rows    int64  `json:"rows"`
	Data    int64  `json:"data"`    // bytes
	Journal int64  `json:"journal"` // bytes
	Groups  int    `json:"groups"`
	Sum     uint64 `json:"sum"` // xxhash of the journal
}

const journalSuffix = ".meta"

// startMark is the mark of a file without rows.
var startMark = mark{Data: int64(len(magic)), Sum: xxhash.New().Sum64()}

// createOutput begins a file.
func createOutput(fsys disk.FS, path string, s *spec) (*output, error) {
	o := &output{fs: fsys, path: path, spec: s, sum: xxhash.New(), at: startMark}
	var err error
	if o.journal, err = fsys.Create(path + journalSuffix); err != nil {
		return nil, outputError(path+journalSuffix, errors.Join(err, o.close()))
	}
	if o.data, err = fsys.Create(path); err == nil {
		_, err = o.data.Write([]byte(magic))
	}
	if err == nil {
		err = fsys.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, outputError(path, errors.Join(err, o.close()))
	}
	return o, nil
}

// openOutput opens a file that was begun, cut to a mark.
func openOutput(fsys disk.FS, path string, s *spec, at mark) (*output, error) {
	o := &output{fs: fsys, path: path, spec: s}
	var err error
	if o.data, err = fsys.Append(path); err != nil {
		return nil, outputError(path, err)
	}
	if o.journal, err = fsys.Append(path + journalSuffix); err != nil {
		return nil, outputError(path, errors.Join(err, o.close()))
	}
	if err = o.cut(at); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// cut goes back to a mark.
func (o *output) cut(at mark) error {
	for _, f := range []struct {
		disk.File
		length int64
	}{{o.data, at.Data}, {o.journal, at.Journal}} {
		info, err := f.Stat()
		if err != nil {
			return outputError(f.Name(), err)
		}
		if info.Size() < f.length {
			return damaged(f.Name(), "it has %d bytes, and the last commit was at %d", info.Size(), f.length)
		}
		if err := f.Truncate(f.length); err != nil {
			return outputError(f.Name(), err)
		}
	}
	return o.load(at)
}

func damaged(path, format string, args ...any) error {
	return fault.New(fault.StateDamaged, format, args...).At(fault.Where{File: path})
}

// load reads the journal up to a mark.
func (o *output) load(at mark) error {
	path := o.path + journalSuffix
	raw := make([]byte, at.Journal)
	if n, err := o.journal.ReadAt(raw, 0); int64(n) < at.Journal {
		return outputError(path, err)
	}
	o.sum = xxhash.New()
	_, _ = o.sum.Write(raw) // never fails
	if o.sum.Sum64() != at.Sum {
		return damaged(path, "its checksum is not that of the last commit")
	}
	o.groups = o.groups[:0]
	for len(raw) > 0 {
		if len(raw) < 4 || int(binary.LittleEndian.Uint32(raw)) > len(raw)-4 {
			return damaged(path, "an entry reaches beyond its end")
		}
		n := int(binary.LittleEndian.Uint32(raw))
		w, err := decodeEntry(raw[4 : 4+n])
		if err != nil {
			return damaged(path, "an entry is damaged: %v", err)
		}
		o.groups = append(o.groups, w)
		raw = raw[4+n:]
	}
	if len(o.groups) != at.Groups {
		return damaged(path, "it has %d entries, and the last commit %d", len(o.groups), at.Groups)
	}
	o.at, o.dirty = at, false
	return nil
}

func encodeEntry(w *col.Written) ([]byte, error) {
	b := []byte{0, 0, 0, 0}
	add := func(v any) error {
		part, err := thrift.Marshal(new(thrift.CompactProtocol), v)
		b = append(b, part...)
		return err
	}
	err := add(&w.Meta)
	for i := range w.Columns {
		err = errors.Join(err, add(&w.Columns[i]))
	}
	for i := range w.Offsets {
		err = errors.Join(err, add(&w.Offsets[i]))
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b, err
}

func decodeEntry(b []byte) (*col.Written, error) {
	w := &col.Written{}
	next := func(v any) error {
		n, err := page.CheckThrift(b)
		if err != nil {
			return err
		}
		err = thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], v)
		b = b[n:]
		return err
	}
	if err := next(&w.Meta); err != nil {
		return nil, err
	}
	w.Size = w.Meta.TotalCompressedSize
	w.Columns = make([]format.ColumnIndex, len(w.Meta.Columns))
	w.Offsets = make([]format.OffsetIndex, len(w.Meta.Columns))
	for i := range w.Columns {
		if err := next(&w.Columns[i]); err != nil {
			return nil, err
		}
	}
	for i := range w.Offsets {
		if err := next(&w.Offsets[i]); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// write appends a row group. After an error nothing has changed, and it can be called again.
func (o *output) write(g *col.RowGroup) error {
	if err := o.clean(); err != nil {
		return err
	}
	o.dirty = true
	buf := bufio.NewWriterSize(o.data, 256<<10)
	w, err := g.Write(buf, o.at.Data, len(o.groups))
	if err == nil {
		err = buf.Flush()
	}
	if err != nil {
		return outputError(o.path, err)
	}
	entry, err := encodeEntry(w)
	if err != nil {
		return fault.New(fault.Internal, "%w", err)
	}
	if _, err := o.journal.Write(entry); err != nil {
		return outputError(o.path+journalSuffix, err)
	}
	_, _ = o.sum.Write(entry) // never fails
	o.groups = append(o.groups, w)
	o.at = mark{
		Rows: o.at.Rows + g.Rows, Data: o.at.Data + w.Size, Journal: o.at.Journal + int64(len(entry)),
		Groups: len(o.groups), Sum: o.sum.Sum64(),
	}
	o.dirty = false
	return nil
}

// clean puts both files' positions to the end of what counts, and cuts off what an error left behind.
func (o *output) clean() error {
	for _, f := range []struct {
		disk.File
		length int64
	}{{o.data, o.at.Data}, {o.journal, o.at.Journal}} {
		if o.dirty {
			if err := f.Truncate(f.length); err != nil {
				return outputError(f.Name(), err)
			}
		}
		if _, err := f.Seek(f.length, io.SeekStart); err != nil {
			return outputError(f.Name(), err)
		}
	}
	o.dirty = false
	return nil
}

// sync makes everything up to the mark durable.
func (o *output) sync() (mark, error) {
	if err := o.clean(); err != nil {
		return mark{}, err
	}
	if err := o.data.Sync(); err != nil {
		return mark{}, outputError(o.path, err)
	}
	if err := o.journal.Sync(); err != nil {
		return mark{}, outputError(o.path+journalSuffix, err)
	}
	return o.at, nil
}

func (o *output) close() error {
	var err error
	for _, f := range []*disk.File{&o.data, &o.journal} {
		if *f != nil {
			err = errors.Join(err, (*f).Close())
			*f = nil
		}
	}
	return err
}
