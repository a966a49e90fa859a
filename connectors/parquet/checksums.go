package parquet

import (
	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// hasChecksums tells whether the file's first page has a checksum. Writers set them for all pages or for none.
func hasChecksums(fsys disk.FS, f *footer) (bool, error) {
	for i := range f.meta.RowGroups {
		g := &f.meta.RowGroups[i]
		if g.NumRows == 0 || len(g.Columns) == 0 {
			continue
		}
		m := &g.Columns[0].MetaData
		at := m.DataPageOffset
		if d := m.DictionaryPageOffset; d > 0 && d < at {
			at = d
		}
		file, err := fsys.Open(f.path)
		if err != nil {
			return false, err
		}
		defer func() { _ = file.Close() }() // it was only read
		b := make([]byte, min(64<<10, f.at-at))
		if _, err := file.ReadAt(b, at); err != nil {
			return false, err
		}
		h, _, err := page.ParseHeader(b)
		return h.HasCRC, err
	}
	return true, nil
}
