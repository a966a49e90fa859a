package pipelinetest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// DiskSink writes lines to a file, the way that a file sink has to: into <Path>.part, whose length is in the receipt,
// cut to that length after a crash, and renamed at the seal. It is the shortest sink that is right about power loss;
// leave one of its syncs out and the tests say so.
type DiskSink struct {
	FS   disk.FS
	Path string

	begun  bool // by this sink: an Open that is repeated finds its own leftovers
	part   disk.File
	buffer []byte
	size   int64 // bytes in the part file
	final  int64 // bytes of the last commit
	// What Open was told.
	omitEmpty, replace bool
}

var (
	_ pipeline.Sink    = (*DiskSink)(nil)
	_ pipeline.Encoder = (*DiskSink)(nil)
	_ pipeline.Sealer  = (*DiskSink)(nil)
)

// diskBuffer is how many bytes are gathered before they are written. It is small, so that small tests write often.
const diskBuffer = 256

type diskReceipt struct {
	Size    int64 `json:"size"`
	Replace bool  `json:"replace"`
}

// Need asks for everything.
func (s *DiskSink) Need(*pipeline.Layout) pipeline.Need {
	return pipeline.Need{Raw: true, Columns: true}
}

func (s *DiskSink) partPath() string { return s.Path + ".part" }

// Open finds the part file and cuts it to the last receipt.
func (s *DiskSink) Open(_ context.Context, o pipeline.SinkOpen) error {
	err := s.open(o)
	return pipeline.StorageError(err, s.Path)
}

func (s *DiskSink) open(o pipeline.SinkOpen) error {
	if err := s.Close(); err != nil {
		return err
	}
	s.buffer, s.size, s.final, s.omitEmpty, s.replace = nil, 0, 0, o.OmitEmpty, o.Overwrite
	if o.Last == nil {
		return s.openFresh(o)
	}
	var last diskReceipt
	if err := json.Unmarshal(o.Last, &last); err != nil {
		return err
	}
	unfinished, err := disk.Exists(s.FS, s.partPath())
	switch {
	case err != nil:
		return err
	case !unfinished && o.Sealing: // renamed already
		return nil
	case !unfinished:
		return fault.New(fault.OutputWrite, "the unfinished output is gone").At(fault.Where{File: s.partPath()})
	}
	f, err := s.FS.Append(s.partPath())
	if err != nil {
		return err
	}
	s.part = f
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < last.Size {
		return fault.New(fault.OutputWrite, "the unfinished output is shorter than its checkpoint says").At(fault.Where{File: s.partPath()})
	}
	s.final, s.replace = last.Size, last.Replace
	return s.cut(last.Size)
}

func (s *DiskSink) openFresh(o pipeline.SinkOpen) error {
	foreign, err := disk.Exists(s.FS, s.Path) // a part file may be the run's own, but nothing was sealed yet
	if err == nil && !foreign && !o.Resumed && !s.begun {
		foreign, err = disk.Exists(s.FS, s.partPath())
	}
	switch {
	case err != nil:
		return err
	case foreign && !o.Overwrite:
		return fault.New(fault.OutputExists, "it exists").At(fault.Where{File: s.Path})
	}
	f, err := s.FS.Create(s.partPath())
	if err != nil {
		return err
	}
	s.part, s.begun = f, true
	return s.FS.SyncDir(filepath.Dir(s.Path))
}

// Encode formats the rows on a worker.
func (s *DiskSink) Encode(_ context.Context, b *pipeline.Batch) error {
	var lines []byte
	eachRow(b, func(row int) { lines = append(lines, Line(b, row)...) })
	b.Encoded = lines
	return nil
}

// Write appends the lines. Where that fails, the sink stands where it stood before.
func (s *DiskSink) Write(_ context.Context, b *pipeline.Batch) error {
	before := len(s.buffer)
	s.buffer = append(s.buffer, b.Encoded.([]byte)...)
	if len(s.buffer) < diskBuffer {
		return nil
	}
	if err := s.flush(); err != nil {
		s.buffer = s.buffer[:before]
		return pipeline.StorageError(err, s.partPath())
	}
	return nil
}

// flush writes the buffer, all of it or nothing.
func (s *DiskSink) flush() error {
	if _, err := s.part.Write(s.buffer); err != nil {
		return errors.Join(err, s.cut(s.size))
	}
	s.size += int64(len(s.buffer))
	s.buffer = s.buffer[:0]
	return nil
}

func (s *DiskSink) cut(size int64) error {
	if err := s.part.Truncate(size); err != nil {
		return err
	}
	s.size = size
	_, err := s.part.Seek(size, io.SeekStart)
	return err
}

// Prepare makes the part file durable.
func (s *DiskSink) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	err := s.flush()
	if err == nil {
		err = s.part.Sync()
	}
	if err != nil {
		return nil, pipeline.StorageError(err, s.partPath())
	}
	return json.Marshal(diskReceipt{Size: s.size, Replace: s.replace})
}

// Commit remembers what is final.
func (s *DiskSink) Commit(_ context.Context, r pipeline.Receipt) error {
	var m diskReceipt
	if err := json.Unmarshal(r, &m); err != nil {
		return err
	}
	s.final = max(s.final, m.Size)
	return nil
}

// Abort cuts the part file to what is final.
func (s *DiskSink) Abort(context.Context) error {
	s.buffer = s.buffer[:0]
	if s.part == nil {
		return nil
	}
	return pipeline.StorageError(s.cut(s.final), s.partPath())
}

// Seal renames the part file to its place, or leaves the output out.
func (s *DiskSink) Seal(_ context.Context, raw pipeline.Receipt) error {
	var r diskReceipt
	err := json.Unmarshal(raw, &r)
	if err == nil {
		err = s.Close()
	}
	unsealed := false
	if err == nil {
		unsealed, err = disk.Exists(s.FS, s.partPath())
	}
	if err == nil && unsealed {
		err = s.publish(r)
	}
	if err == nil {
		err = s.FS.SyncDir(filepath.Dir(s.Path))
	}
	return pipeline.StorageError(err, s.Path)
}

func (s *DiskSink) publish(r diskReceipt) error {
	omit := s.omitEmpty && r.Size == 0
	foreign, err := disk.Exists(s.FS, s.Path)
	switch {
	case err != nil:
		return err
	case foreign && !r.Replace && !omit:
		return fault.New(fault.OutputExists, "it exists").At(fault.Where{File: s.Path})
	case !omit:
		return s.FS.Rename(s.partPath(), s.Path)
	case foreign && r.Replace:
		if err := s.FS.Remove(s.Path); err != nil {
			return err
		}
	}
	return s.FS.Remove(s.partPath())
}

// Close closes the part file.
func (s *DiskSink) Close() error {
	if s.part == nil {
		return nil
	}
	f := s.part
	s.part = nil
	return pipeline.StorageError(f.Close(), s.partPath())
}
