package labelling

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Journal is the file of answers, a line each. An answer is on the disk when Append returns. One process writes it at a
// time; it is not safe for concurrent use.
type Journal struct {
	path    string
	file    *os.File
	answers []Answer
	starts  []int64 // where each answer's line begins
	end     int64   // of the file
	mended  bool
}

// Answer is a labelled task.
type Answer struct {
	Labels []string
	key    string
}

// OpenJournal opens a file of answers, or makes it. A last line without an end, as a killed process leaves it, is cut off;
// a file that holds anything but answers is refused and stays as it is.
func OpenJournal(path string) (*Journal, error) {
	_, err := os.Stat(path)
	made := errors.Is(err, os.ErrNotExist)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fault.Storage(err, path)
	}
	j := &Journal{path: path, file: f}
	if err = j.open(made); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

func (j *Journal) open(made bool) error {
	err := unix.Flock(int(j.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return fault.New(fault.LabelLocked, "another process is labelling into this file").At(fault.Where{File: j.path})
	case err != nil:
		return fault.Storage(err, j.path)
	}
	if made {
		if err := (disk.OS{}).SyncDir(filepath.Dir(j.path)); err != nil {
			return fault.Storage(err, j.path)
		}
	}
	return j.read()
}

// read reads the answers that there are. A last line that lacks nothing but its end is given one; what is left of a torn
// one is cut off.
func (j *Journal) read() error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return fault.Storage(err, j.path)
	}
	end, number := int64(0), int64(0)
	for line := range bytes.Lines(data) {
		number++
		whole := line[len(line)-1] == '\n'
		a, ok := parseAnswer(line)
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case !ok && !whole && line[0] == '{':
			j.mended = true
			return j.cut(end)
		case !ok:
			return fault.New(fault.LabelOutput, "the line is no labelled record").At(fault.Where{File: j.path, Line: number})
		case !whole:
			if _, err := j.file.WriteAt([]byte("\n"), end+int64(len(line))); err != nil {
				return fault.Storage(err, j.path)
			}
			line = append(line, '\n')
		}
		if ok {
			j.answers, j.starts = append(j.answers, a), append(j.starts, end)
		}
		end += int64(len(line))
	}
	j.end = end
	return nil
}

func parseAnswer(line []byte) (Answer, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil {
		return Answer{}, false
	}
	raw, has := fields[fieldLabel]
	return Answer{Labels: names(raw), key: key(fields)}, has
}

// Answers are those in the file, in its order.
func (j *Journal) Answers() []Answer { return j.answers }

// Mended says whether a torn line was cut off.
func (j *Journal) Mended() bool { return j.mended }

// Append saves an answer.
func (j *Journal) Append(t *Task, labels []string, multi bool) error {
	line, err := t.answer(labels, multi)
	if err != nil {
		return fault.New(fault.Internal, "%w", err)
	}
	if _, err := j.file.WriteAt(line, j.end); err != nil {
		return errors.Join(fault.Storage(err, j.path), j.cut(j.end))
	}
	if err := j.file.Sync(); err != nil {
		return fault.Storage(err, j.path)
	}
	j.answers, j.starts = append(j.answers, Answer{Labels: labels, key: t.key()}), append(j.starts, j.end)
	j.end += int64(len(line))
	return nil
}

// Undo takes the last answer back.
func (j *Journal) Undo() error {
	n := len(j.answers) - 1
	at := j.starts[n]
	j.answers, j.starts = j.answers[:n], j.starts[:n]
	return j.cut(at)
}

// cut shortens the file.
func (j *Journal) cut(size int64) error {
	j.end = size
	err := j.file.Truncate(size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fault.Storage(err, j.path)
	}
	return nil
}

// Close gives the file back to other processes.
func (j *Journal) Close() error {
	if err := j.file.Close(); err != nil {
		return fault.Storage(err, j.path)
	}
	return nil
}
