package commitlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const entryVersion = 1

// Entry is one line of the log: what became of the offsets [First, End) of a split.
type Entry struct {
	Version   int    `json:"version"`
	Pipeline  string `json:"pipeline"`
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	First     int64  `json:"first"`
	End       int64  `json:"end"`
	// Previous is the end of the entry before; -1 for none. First is greater where the source had lost what lay between.
	Previous int64           `json:"previous"`
	Epoch    int64           `json:"epoch"` // of the process that made it
	Owner    string          `json:"owner"`
	Counts   pipeline.Counts `json:"counts"`
	Parts    map[string]Part `json:"parts"` // by sink; those that got a row
}

// Part is a file that an entry names.
type Part struct {
	Name   string `json:"name"`             // in the sink's folder
	Folder string `json:"folder,omitempty"` // the sink's, relative to the log's
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
}

// place is a split of a topic.
type place struct {
	topic     string
	partition int
}

func placeOf(s *pipeline.Split) (place, error) {
	at := strings.LastIndexByte(s.ID, '/')
	if at < 1 {
		return place{}, fault.New(fault.Internal, "the split %q is no topic/partition", s.ID)
	}
	partition, err := strconv.Atoi(s.ID[at+1:])
	if err != nil || partition < 0 || strings.Contains(s.ID[:at], "/") {
		return place{}, fault.New(fault.Internal, "the split %q is no topic/partition", s.ID)
	}
	return place{s.ID[:at], partition}, nil
}

// below is the place's folder under another.
func (p place) below(dir string) string {
	return filepath.Join(dir, p.topic, strconv.Itoa(p.partition))
}

// Offsets in names have as many digits as the largest, and one more, so that names sort.
const offsetDigits = 20

func (p place) partName(first, end int64, ext string) string {
	return fmt.Sprintf("%s-%d-%0*d-%0*d%s", p.topic, p.partition, offsetDigits, first, offsetDigits, end, ext)
}

// rangeOf reads the offsets out of a part's name.
func (p place) rangeOf(name, ext string) (first, end int64, ok bool) {
	rest, ok := strings.CutPrefix(name, fmt.Sprintf("%s-%d-", p.topic, p.partition))
	if !ok {
		return 0, 0, false
	}
	if rest, ok = strings.CutSuffix(rest, ext); !ok || len(rest) != 2*offsetDigits+1 || rest[offsetDigits] != '-' {
		return 0, 0, false
	}
	first, err := strconv.ParseInt(rest[:offsetDigits], 10, 64)
	end, err2 := strconv.ParseInt(rest[offsetDigits+1:], 10, 64)
	return first, end, err == nil && err2 == nil
}

func entryName(first int64) string { return fmt.Sprintf("%0*d.json", offsetDigits, first) }

func isEntry(name string) bool {
	return len(name) == offsetDigits+len(".json") && strings.HasSuffix(name, ".json") && name[0] != '.'
}

// readEntry reads an entry; nil where there is none.
func (l *Log) readEntry(name string) (*Entry, error) {
	data, err := disk.ReadFile(l.cfg.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := new(Entry)
	switch err := json.Unmarshal(data, e); {
	case err != nil:
		return nil, damaged(name, "the entry can't be read: %v", err)
	case e.Version > entryVersion:
		return nil, fault.New(fault.StateNewer, "the entry is of version %d", e.Version).At(fault.Where{File: name}).
			WithFix("continue with the version of winnow that wrote it")
	case filepath.Base(name) != entryName(e.First) || e.End <= e.First || e.Previous > e.First:
		return nil, damaged(name, "the entry is of [%d, %d), after %d", e.First, e.End, e.Previous)
	case e.Pipeline != l.cfg.Pipeline:
		return nil, fault.New(fault.StateForeign, "the log is the pipeline %s's", e.Pipeline).At(fault.Where{File: name}).
			WithFix("write to another folder")
	}
	return e, nil
}

func damaged(name, format string, args ...any) error {
	return fault.New(fault.StateDamaged, format, args...).At(fault.Where{File: name}).
		WithFix("restore the folder, or move it away: winnow then goes on where the source's group stands")
}
