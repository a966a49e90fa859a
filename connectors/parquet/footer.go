package parquet

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const magic = "PAR1"

// footer is a file's metadata, checked.
type footer struct {
	path        string
	size        int64
	modified    int64 // nanoseconds since 1970
	fingerprint string
	meta        format.FileMetaData
	tree        *schema.Tree
	at          int64   // byte at which the footer begins
	first       []int64 // first row of each row group, and the number of rows
}

// readFooter opens a file's metadata.
func readFooter(fsys disk.FS, path string) (f *footer, err error) {
	defer guard(path, &err)
	file, err := fsys.Open(path)
	if err != nil {
		return nil, readError(path, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, readError(path, err)
	}
	f = &footer{path: path, size: info.Size(), modified: info.ModTime().UnixNano()}
	if info.IsDir() {
		return nil, notParquet(path, "it is a folder")
	}
	raw, err := f.read(file)
	if err != nil {
		return nil, err
	}
	if err := f.decode(raw); err != nil {
		return nil, inputError(path, err)
	}
	return f, nil
}

func notParquet(path, why string) error {
	return fault.New(fault.InputCorrupt, "not a Parquet file or truncated: %s", why).At(fault.Where{File: path})
}

// read returns the footer's bytes and takes the fingerprint.
func (f *footer) read(file io.ReaderAt) ([]byte, error) {
	at := func(n, off int64) ([]byte, error) {
		b := make([]byte, n)
		got, err := file.ReadAt(b, off)
		if int64(got) < n {
			if err == nil || err == io.EOF {
				return nil, notParquet(f.path, "it ends while it is read")
			}
			return nil, readError(f.path, err)
		}
		return b, nil
	}
	if f.size < 12 {
		return nil, notParquet(f.path, fmt.Sprintf("it has %d bytes", f.size))
	}
	head, err := at(min(f.size, headBytes), 0)
	if err != nil {
		return nil, err
	}
	tail, err := at(8, f.size-8)
	if err != nil {
		return nil, err
	}
	encrypted := fault.New(fault.InputUnsupported, "the file is encrypted").At(fault.Where{File: f.path})
	switch {
	case string(tail[4:]) == "PARE":
		return nil, encrypted
	case string(head[:4]) != magic:
		return nil, notParquet(f.path, fmt.Sprintf("it begins with %q instead of PAR1", head[:4]))
	case string(tail[4:]) != magic:
		return nil, notParquet(f.path, fmt.Sprintf("it ends with %q instead of PAR1", tail[4:]))
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if n > page.MaxFooter || n > f.size-12 {
		return nil, notParquet(f.path, fmt.Sprintf("its footer claims %d bytes of a file of %d", n, f.size))
	}
	f.at = f.size - 8 - n
	raw, err := at(n, f.at)
	if err != nil {
		return nil, err
	}
	sum := xxhash.New()
	_, _ = sum.Write(head) // never fails
	_, _ = sum.Write(raw)
	f.fingerprint = fmt.Sprintf("%d-%d-%016x", f.size, f.modified, sum.Sum64())
	return raw, nil
}

func (f *footer) decode(raw []byte) error {
	n, err := page.CheckThrift(raw)
	if err != nil {
		return fmt.Errorf("its footer is damaged: %w", err)
	}
	protocol := new(thrift.CompactProtocol)
	if err := thrift.NewDecoder(protocol.NewReaderFromBytes(raw[:n])).Decode(&f.meta); err != nil {
		return page.Corrupt("its footer is damaged: %v", err)
	}
	if f.meta.EncryptionAlgorithm.Value != nil {
		return &page.Unsupported{Feature: "encryption"}
	}
	if n != len(raw) {
		return page.Corrupt("its footer is damaged: %d bytes follow it", len(raw)-n)
	}
	if err := checkSum(raw, f.meta.CreatedBy); err != nil {
		return err
	}
	if f.tree, err = schema.Parse(f.meta.Schema); err != nil {
		return err
	}
	return f.check()
}

// check compares the footer's parts with each other and with the file's size.
func (f *footer) check() error {
	if len(f.meta.RowGroups) > maxRowGroups {
		return page.Corrupt("its footer lists %d row groups, and the format allows %d", len(f.meta.RowGroups), maxRowGroups)
	}
	f.first = make([]int64, 1, len(f.meta.RowGroups)+1)
	var rows int64
	for i := range f.meta.RowGroups {
		g := &f.meta.RowGroups[i]
		if g.NumRows < 0 || g.NumRows > maxRows {
			return page.Corrupt("its footer claims %d rows in row group %d", g.NumRows, i)
		}
		if rows += g.NumRows; rows > maxRows {
			return page.Corrupt("its footer claims more than %d rows", int64(maxRows))
		}
		f.first = append(f.first, rows)
		if len(g.Columns) != len(f.tree.Columns) {
			return page.Corrupt("row group %d has %d columns, and the schema %d", i, len(g.Columns), len(f.tree.Columns))
		}
		for j, c := range f.tree.Columns {
			if err := f.checkChunk(&g.Columns[j], c, g.NumRows); err != nil {
				return &column.Error{Column: strings.Join(c.Path, "."), Group: i, Offset: -1, Err: err}
			}
		}
	}
	if rows != f.meta.NumRows {
		return page.Corrupt("its footer claims %d rows, and its row groups %d", f.meta.NumRows, rows)
	}
	return nil
}

func (f *footer) checkChunk(c *format.ColumnChunk, col *schema.Column, rows int64) error {
	m := &c.MetaData
	switch {
	case c.CryptoMetadata.Value != nil || len(c.EncryptedColumnMetadata) > 0:
		return &page.Unsupported{Feature: "encryption"}
	case c.FilePath != "":
		return &page.Unsupported{Feature: fmt.Sprintf("a column in another file (%q)", c.FilePath)}
	case m.Type != col.Physical:
		return page.Corrupt("it has the type %s, and in the schema %s", m.Type, col.Physical)
	case strings.Join(m.PathInSchema, "\x00") != strings.Join(col.Path, "\x00"):
		return page.Corrupt("it has the name %q, and in the schema %q", strings.Join(m.PathInSchema, "."), strings.Join(col.Path, "."))
	case m.NumValues < rows || col.MaxRep == 0 && m.NumValues != rows:
		return page.Corrupt("it claims %d values in %d rows", m.NumValues, rows)
	}
	start := m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	if rows > 0 && (start < int64(len(magic)) || m.TotalCompressedSize < 0 || start > f.at || m.TotalCompressedSize > f.at-start) {
		return page.Corrupt("it claims %d bytes from byte %d of a file whose footer begins at %d", m.TotalCompressedSize, start, f.at)
	}
	return nil
}

// rows is the number of rows of the file.
func (f *footer) rows() int64 { return f.first[len(f.first)-1] }

// chunks returns a column's chunks from row group first to before next, without empty ones.
func (f *footer) chunks(col *schema.Column, first, next int) []column.Chunk {
	var out []column.Chunk
	for i := first; i < next; i++ {
		g := &f.meta.RowGroups[i]
		if g.NumRows > 0 {
			out = append(out, column.Chunk{Group: i, Rows: g.NumRows, Meta: &g.Columns[col.Index].MetaData, End: f.at})
		}
	}
	return out
}

// keyValues returns the file's own metadata.
func (f *footer) keyValues() (keys, values []string) {
	for _, kv := range f.meta.KeyValueMetadata {
		if kv.Key == keyFooter {
			continue
		}
		keys, values = append(keys, kv.Key), append(values, kv.Value)
	}
	return keys, values
}
