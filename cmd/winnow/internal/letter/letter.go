package letter

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Letter is one rejected record.
type Letter struct {
	Code         string `json:"code"`
	Message      string `json:"message"`
	Fix          string `json:"fix,omitempty"`
	File         string `json:"file"`
	Split        string `json:"split"`
	Offset       int64  `json:"offset"`
	Line         int64  `json:"line,omitempty"`
	Attempts     int64  `json:"attempts"`
	Classifier   string `json:"classifier,omitempty"`
	Record       string `json:"record,omitempty"`
	RecordBase64 string `json:"record_base64,omitempty"`

	// Of messages: what they have beside their value.
	Time      time.Time `json:"time,omitzero"`
	Key       string    `json:"key,omitempty"`
	KeyBase64 string    `json:"key_base64,omitempty"`
	Headers   []Header  `json:"headers,omitempty"`
	// Of records that were too large to be kept.
	Size   int64  `json:"size,omitempty"` // bytes
	SHA256 string `json:"sha256,omitempty"`

	// Raw is the line that it was read from, without its end.
	Raw []byte `json:"-"`
}

// Original is the record as it came, without its line end; ok is false where it was not kept.
func (l *Letter) Original() (record []byte, ok bool) {
	if l.RecordBase64 != "" {
		record, err := base64.StdEncoding.DecodeString(l.RecordBase64)
		return record, err == nil
	}
	return []byte(l.Record), l.Record != ""
}

// Place is where the record stood, for people.
func (l *Letter) Place() string {
	w := fault.Where{File: l.File, Line: l.Line}
	if l.Line == 0 {
		w.Offset, w.HasOffset = l.Offset, true
	}
	return w.String()
}

// Find lists the files of rejected records that a path means: the file itself, that of an output, or all below a
// folder. An output whose run rejected nothing has none.
func Find(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		files, err := disk.Walk(disk.OS{}, path)
		if err != nil {
			return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
		}
		var found []string
		for _, f := range files {
			if sidecar.IsRejected(f) {
				found = append(found, f)
			}
		}
		return found, nil
	case err == nil && sidecar.IsRejected(path):
		return []string{path}, nil
	}
	beside := sidecar.Rejected(path)
	if _, err := os.Stat(beside); err == nil {
		return []string{beside}, nil
	}
	if err == nil {
		if _, err := os.Stat(sidecar.State(path)); err == nil {
			return nil, nil
		}
		return []string{path}, nil // a file of another name, from --rejects
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.InputMissing, "there is no such file, and no %s", beside).At(fault.Where{File: path}).
			WithFix("name an output, its file of rejected records, or a folder; a run without rejected records leaves none")
	}
	return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
}

// maxLine is how long a line can be: a record of the largest size allowed, escaped.
const maxLine = 256 << 20

// Read goes through a file of rejected records. It ends at the first line that is none.
func Read(path string) iter.Seq2[*Letter, error] {
	return func(yield func(*Letter, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path}))
			return
		}
		defer f.Close()
		lines := bufio.NewReaderSize(f, 1<<20)
		for n := int64(1); ; n++ {
			line, err := readLine(lines)
			if errors.Is(err, io.EOF) {
				return
			}
			l := new(Letter)
			if err == nil {
				err = json.Unmarshal(line, l)
			}
			if err == nil && l.Code == "" {
				err = errors.New("it has no code")
			}
			if err != nil {
				yield(nil, fault.New(fault.InputFormat, "the line is not a rejected record: %w", err).At(fault.Where{File: path, Line: n}).
					WithFix("name a file of rejected records"))
				return
			}
			l.Raw = line
			if !yield(l, nil) {
				return
			}
		}
	}
}

// readLine returns the next line that is not blank, without its end.
func readLine(r *bufio.Reader) ([]byte, error) {
	for {
		line, err := r.ReadBytes('\n')
		switch {
		case len(line) > maxLine:
			return nil, errors.New("it is too long")
		case len(bytes.TrimSpace(line)) > 0:
			return bytes.TrimRight(line, "\r\n"), nil
		case err != nil:
			return nil, err
		}
	}
}
