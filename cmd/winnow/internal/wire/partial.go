package wire

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// PartialResults are the lines that a job has committed which did not complete: one for each of its first done records, or
// fewer where its folder, which another process may have begun, has fewer. nil: the folder has no results. The caller closes
// them; nobody may run the job meanwhile.
func PartialResults(dir string, done int64) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Join(dir, JobResults+part.Suffix))
	if errors.Is(err, fs.ErrNotExist) { // the end came between the seal and the publication, or there is nothing
		f, err = os.Open(filepath.Join(dir, JobResults))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Unreadable(err, JobResults)
	}
	length, err := lengthOf(f, done)
	if err != nil {
		return nil, errors.Join(fault.Unreadable(err, JobResults), f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, 0, length), f}, nil
}

// lengthOf is how many bytes the first lines have, or as many of them as are whole.
func lengthOf(r io.Reader, lines int64) (length int64, err error) {
	read, chunk := int64(0), make([]byte, 1<<20)
	for lines > 0 {
		n, err := r.Read(chunk)
		for at := 0; lines > 0; lines-- {
			end := bytes.IndexByte(chunk[at:n], '\n')
			if end < 0 {
				break
			}
			at += end + 1
			length = read + int64(at)
		}
		read += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	return length, nil
}
