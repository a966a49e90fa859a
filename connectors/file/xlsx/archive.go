package xlsx

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// archive is an open workbook file as a zip archive within limits.
type archive struct {
	path  string
	file  disk.File
	info  fs.FileInfo // when it was opened
	read  atomic.Int64
	parts map[string]*zip.File // by name in lower case, without a leading slash
}

// openArchive opens a workbook file and refuses what is none, and what inflates beyond the limits.
func openArchive(fsys disk.FS, name string, maxInflated int64) (*archive, error) {
	f, err := fsys.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.InputMissing, "there is no such file").At(fault.Where{File: name})
	case err != nil:
		return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: name})
	}
	a := &archive{path: name, file: f, parts: map[string]*zip.File{}}
	if err := a.open(maxInflated); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return a, nil
}

func (a *archive) open(maxInflated int64) error {
	var err error
	if a.info, err = a.file.Stat(); err != nil {
		return fault.New(fault.InputRead, "%w", err).At(fault.Where{File: a.path})
	}
	if err := a.signature(); err != nil {
		return err
	}
	z, err := zip.NewReader(readerAt{a}, a.info.Size())
	if err != nil {
		return corrupt(a.path, "the zip archive is cut short or damaged: %w", err)
	}
	if err := a.limits(z, maxInflated); err != nil {
		return err
	}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if a.parts[name] != nil {
			return corrupt(a.path, "the archive holds %s twice", f.Name)
		}
		a.parts[name] = f
	}
	return a.kind()
}

// signature tells by the first bytes what is no zip archive.
func (a *archive) signature() error {
	head := make([]byte, 8)
	n, err := a.file.ReadAt(head, 0)
	if err != nil && !atEnd(err) {
		return fault.New(fault.InputRead, "%w", err).At(fault.Where{File: a.path})
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return unsupported(a.path, "it is an .xls workbook, or one protected by a password")
	case n == 0:
		return fault.New(fault.InputEmpty, "the file is empty").At(fault.Where{File: a.path})
	case !bytes.HasPrefix(head, []byte("PK")):
		return corrupt(a.path, "it is not an .xlsx workbook: there is no zip archive")
	}
	return nil
}

func unsupported(path, format string, args ...any) error {
	return fault.New(fault.InputUnsupported, format, args...).At(fault.Where{File: path}).
		WithFix("open it in a spreadsheet program and save it as .xlsx, without a password")
}

// fixSave is the remedy for an archive beyond a limit that is no setting.
const fixSave = "if you trust the file, save it again in a spreadsheet program, or as .csv"

// limits refuses archives that inflate to more than they should, by what they declare. What they declare is enforced
// when parts are read.
func (a *archive) limits(z *zip.Reader, maxInflated int64) error {
	if maxInflated <= 0 {
		maxInflated = defaultMaxInflated
	}
	where := fault.Where{File: a.path}
	if len(z.File) > maxEntries {
		return fault.New(fault.InputTooLarge, "the archive holds %d files, more than %d", len(z.File), maxEntries).At(where).WithFix(fixSave)
	}
	var total uint64
	for _, f := range z.File {
		total += min(f.UncompressedSize64, 1<<60)
		if total > uint64(maxInflated) {
			return fault.New(fault.InputTooLarge, "the archive inflates to more than %d MiB", maxInflated>>20).At(where)
		}
	}
	if total > freeInflated && total > maxRatio*uint64(a.info.Size()) {
		return fault.New(fault.InputTooLarge, "the archive inflates to %d times its size, more than %d times", total/uint64(a.info.Size()), maxRatio).At(where).
			WithFix(fixSave)
	}
	return nil
}

// kind refuses archives that are no .xlsx workbooks.
func (a *archive) kind() error {
	switch {
	case a.parts["xl/workbook.bin"] != nil:
		return unsupported(a.path, "it is an .xlsb workbook")
	case a.parts["encryptedpackage"] != nil:
		return unsupported(a.path, "it is protected by a password")
	case a.parts["content.xml"] != nil && a.parts["mimetype"] != nil:
		return unsupported(a.path, "it is an OpenDocument file")
	case a.parts["[content_types].xml"] == nil:
		return corrupt(a.path, "it is a zip archive, but not an .xlsx workbook")
	}
	return nil
}

// part opens a part for reading, nil where it is absent. More than limit bytes are an error.
func (a *archive) part(name string, limit int64) (*partReader, error) {
	f := a.parts[strings.ToLower(strings.TrimPrefix(path.Clean(name), "/"))]
	if f == nil {
		return nil, nil
	}
	if f.Flags&1 != 0 {
		return nil, unsupported(a.path, "%s is encrypted", f.Name)
	}
	r, err := f.Open()
	if atEnd(err) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, partError(err, a.path, f.Name)
	}
	return &partReader{r: r, left: min(limit, int64(min(f.UncompressedSize64, 1<<60))), limit: limit, path: a.path, name: f.Name}, nil
}

func (a *archive) close() error { return a.file.Close() }

// unchanged refuses a file that was written to while it was read.
func (a *archive) unchanged(fsys disk.FS) error {
	now, err := fsys.Stat(a.path)
	if err != nil {
		return fault.New(fault.InputRead, "%w", err).At(fault.Where{File: a.path})
	}
	if now.Size() != a.info.Size() || !now.ModTime().Equal(a.info.ModTime()) {
		return fault.New(fault.InputChanged, "the file changed while it was read").At(fault.Where{File: a.path})
	}
	return nil
}

// readerAt counts what is read of the file, for progress.
type readerAt struct{ a *archive }

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.a.file.ReadAt(p, off)
	r.a.read.Add(int64(n))
	return n, err
}

// partReader reads a part of an archive, up to the size that the archive declares, and codes its errors.
type partReader struct {
	r          io.ReadCloser
	left       int64 // bytes that may follow
	limit      int64
	path, name string
}

func (p *partReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.left -= int64(n)
	if p.left < 0 {
		return 0, partError(errTooLarge, p.path, p.name)
	}
	return n, partError(err, p.path, p.name)
}

func (p *partReader) Close() error { return p.r.Close() }

func isFlate(err error) bool {
	var damaged flate.CorruptInputError
	return errors.As(err, &damaged)
}
