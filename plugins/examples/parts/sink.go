package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// config is what plugin.yaml's schema allows.
type config struct {
	Folder string `json:"folder"`
}

// parts writes a file of JSON lines for each commit: under a hidden name when it prepares, under its own when it commits. So a
// reader of the folder sees each record once, whatever crashes.
type parts struct {
	fs     disk.FS // the operating system's; in tests one that loses power
	folder string

	lines []byte // since the last Prepare
	next  int    // number of the next part
}

var _ pipeline.Sink = (*parts)(nil)

// receipt is what a commit needs to know after a crash.
type receipt struct {
	Part int `json:"part"` // 0: no record came
}

// open makes the sink of a configuration. It touches nothing outside yet.
func open(_ context.Context, t sdk.Task) (sdk.Sink, error) {
	var c config
	if err := t.Decode(&c); err != nil {
		return nil, err
	}
	return &parts{fs: disk.OS{}, folder: c.Folder}, nil
}

func (s *parts) visible(part int) string {
	return filepath.Join(s.folder, fmt.Sprintf("%08d.jsonl", part))
}

func (s *parts) hidden(part int) string {
	return filepath.Join(s.folder, fmt.Sprintf(".%08d.jsonl", part))
}

// Need asks for nothing beside the records' columns.
func (s *parts) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Columns: true} }

// Open commits the last receipt once more, and removes what was prepared after it.
func (s *parts) Open(ctx context.Context, o pipeline.SinkOpen) error {
	if err := s.fs.MkdirAll(s.folder); err != nil {
		return fault.Storage(err, s.folder)
	}
	s.lines = nil
	if o.Last != nil {
		if err := s.Commit(ctx, o.Last); err != nil {
			return err
		}
	}
	return s.look(o)
}

// look removes what is not committed, and finds the number of the next part.
func (s *parts) look(o pipeline.SinkOpen) error {
	entries, err := s.fs.ReadDir(s.folder)
	if err != nil {
		return fault.Storage(err, s.folder)
	}
	anew := o.Last == nil && !o.Stream // nothing that is here was committed by this run
	s.next = 1
	for _, e := range entries {
		name := strings.TrimPrefix(e.Name(), ".")
		var part int
		if n, err := fmt.Sscanf(name, "%08d.jsonl", &part); n != 1 || err != nil {
			continue // not one of ours
		}
		switch {
		case anew && !o.Resumed && !o.Overwrite:
			return fault.New(fault.OutputExists, "the folder holds the part %s", name).At(fault.Where{File: s.folder})
		case anew, name != e.Name():
			if err := s.fs.Remove(filepath.Join(s.folder, e.Name())); err != nil {
				return fault.Storage(err, s.folder)
			}
		default:
			s.next = max(s.next, part+1)
		}
	}
	return fault.Storage(s.fs.SyncDir(s.folder), s.folder)
}

// Write gathers lines. A record that can't be written as JSON is refused, the others are taken.
func (s *parts) Write(_ context.Context, b *pipeline.Batch) error {
	var refused []pipeline.RowFault
	for i := range b.Count() {
		row := i
		if b.Rows != nil { // in tests: over the socket come the rows that the sink gets alone
			row = int(b.Rows[i])
		}
		line, err := json.Marshal(record(b, row))
		if err != nil {
			refused = append(refused, pipeline.RowFault{Row: row, Err: fault.New(fault.RecordType, "it can't be written as JSON: %w", err)})
			continue
		}
		s.lines = append(append(s.lines, line...), '\n')
	}
	if len(refused) > 0 {
		return &pipeline.RowErrors{Rows: refused}
	}
	return nil
}

// record is a row with the columns of the input and the results.
func record(b *pipeline.Batch, row int) map[string]any {
	fields := make(map[string]any)
	for _, columns := range []arrow.RecordBatch{b.Record, b.Result} {
		if columns == nil {
			continue
		}
		for i, f := range columns.Schema().Fields() {
			if !strings.HasPrefix(f.Name, "_") {
				fields[f.Name] = columns.Column(i).GetOneForMarshal(row)
			}
		}
	}
	return fields
}

// Prepare writes the lines under a hidden name, and syncs them: a crash from now on loses none.
func (s *parts) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	if len(s.lines) == 0 {
		return json.Marshal(receipt{})
	}
	f, err := s.fs.Create(s.hidden(s.next))
	if err == nil {
		_, err = f.Write(s.lines)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = s.fs.SyncDir(s.folder)
	}
	if err != nil {
		return nil, fault.Storage(err, s.folder)
	}
	s.lines = nil
	s.next++
	return json.Marshal(receipt{Part: s.next - 1})
}

// Commit gives a part its own name, which it may have already.
func (s *parts) Commit(_ context.Context, r pipeline.Receipt) error {
	var m receipt
	if err := json.Unmarshal(r, &m); err != nil {
		return err
	}
	if m.Part == 0 {
		return nil
	}
	err := s.fs.Rename(s.hidden(m.Part), s.visible(m.Part))
	if errors.Is(err, fs.ErrNotExist) {
		if _, missing := s.fs.Stat(s.visible(m.Part)); missing == nil {
			err = nil
		}
	}
	if err == nil {
		err = s.fs.SyncDir(s.folder)
	}
	return fault.Storage(err, s.folder)
}

// Abort forgets the lines, and a part that was prepared.
func (s *parts) Abort(context.Context) error {
	s.lines = nil
	return s.look(pipeline.SinkOpen{Stream: true})
}

// Close has nothing to free: nothing is open between two calls.
func (s *parts) Close() error { return nil }
