package part

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Head opens the first lines of a file of lines, or as many of them as are whole: what lies behind the lines that are committed
// may be of any length, and end anywhere. Nobody may write to the file meanwhile. The caller closes it.
func Head(path string, lines int64) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	length, err := lengthOf(f, lines)
	if err != nil {
		return nil, errors.Join(err, f.Close())
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
