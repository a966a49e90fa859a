package pipelinetest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// broken names the environment variable that makes TestBroken run one broken part, in a process of its own, where the
// suite's failure is what the outer test wants.
const broken = "WINNOW_BROKEN"

// Every step of the commit protocol is needed, and the suites notice when one is left out.
func TestSuitesNoticeBrokenParts(t *testing.T) {
	for part, want := range map[string]string{
		"file is not synced":       "crash_at_every_operation",
		"folder is not synced":     "crash_at_every_operation",
		"receipt is ignored":       "crash_at_every_operation",
		"abort does nothing":       "abort",
		"commit works once":        "commit_and_seal_are_idempotent",
		"cut without going back":   "crash_at_every_operation",
		"foreign output is taken":  "an_output_that_exists",
		"views are ignored":        "rows_are_chosen_by_views",
		"resume is one row late":   "resume_at_every_position",
		"byte hint is believed":    "resume_at_every_position",
		"columns are ignored":      "columns_are_projected",
		"batch size changes rows":  "batches_of_any_size",
		"batch has a gap":          "batches_are_contiguous",
		"records are not released": "",
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestBroken$", "-test.v")
			cmd.Env = append(os.Environ(), broken+"="+part)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the suite passes")
			}
			if !strings.Contains(string(out), "--- FAIL: TestBroken/"+want) && want != "" {
				t.Errorf("another test failed than %s:\n%s", want, out)
			}
		})
	}
}

func TestBroken(t *testing.T) {
	part := os.Getenv(broken)
	if part == "" {
		t.Skip("run by TestSuitesNoticeBrokenParts")
	}
	if s := brokenSource(part); s != nil {
		pipelinetest.Source(t, pipelinetest.SourceCase{New: func(testing.TB) pipeline.Source {
			return &oddSource{MemSource: pipelinetest.NewMemSource(2, 20), part: part}
		}})
		return
	}
	c := diskSinkCase()
	c.Points = 40
	c.New = func(_ testing.TB, fsys disk.FS) pipeline.Sink {
		fsys = oddDisk{FS: fsys, part: part}
		return &oddSink{DiskSink: &pipelinetest.DiskSink{FS: fsys, Path: "/out/out.jsonl"}, part: part}
	}
	pipelinetest.Sink(t, c)
}

// oddDisk leaves syncs out.
type oddDisk struct {
	disk.FS
	part string
}

func (d oddDisk) SyncDir(name string) error {
	if d.part == "folder is not synced" {
		return nil
	}
	return d.FS.SyncDir(name)
}

func (d oddDisk) Create(name string) (disk.File, error) { return d.wrap(d.FS.Create(name)) }
func (d oddDisk) Append(name string) (disk.File, error) { return d.wrap(d.FS.Append(name)) }

func (d oddDisk) wrap(f disk.File, err error) (disk.File, error) {
	if err != nil {
		return nil, err
	}
	return oddFile{f, d.part}, nil
}

type oddFile struct {
	disk.File
	part string
}

func (f oddFile) Sync() error {
	if f.part == "file is not synced" {
		return nil
	}
	return f.File.Sync()
}

func (f oddFile) Seek(offset int64, whence int) (int64, error) {
	if f.part == "cut without going back" {
		return offset, nil
	}
	return f.File.Seek(offset, whence)
}

// oddSink leaves steps of the protocol out.
type oddSink struct {
	*pipelinetest.DiskSink
	part      string
	committed bool
}

func (s *oddSink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	switch s.part {
	case "receipt is ignored":
		if !o.Sealing {
			o.Last = nil
		}
	case "foreign output is taken":
		o.Overwrite = true
	}
	return s.DiskSink.Open(ctx, o)
}

func (s *oddSink) Encode(ctx context.Context, b *pipeline.Batch) error {
	if s.part == "views are ignored" {
		b.Rows = nil
	}
	return s.DiskSink.Encode(ctx, b)
}

func (s *oddSink) Abort(ctx context.Context) error {
	if s.part == "abort does nothing" {
		return nil
	}
	return s.DiskSink.Abort(ctx)
}

func (s *oddSink) Commit(ctx context.Context, r pipeline.Receipt) error {
	if s.part == "commit works once" && s.committed {
		return fault.New(fault.OutputWrite, "committed already")
	}
	s.committed = true
	err := s.DiskSink.Commit(ctx, r)
	return err
}

func (s *oddSink) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	s.committed = false
	return s.DiskSink.Prepare(ctx, epoch)
}

func brokenSource(part string) *oddSource {
	switch part {
	case "resume is one row late", "byte hint is believed", "columns are ignored", "batch size changes rows",
		"batch has a gap", "records are not released":
		return &oddSource{part: part}
	}
	return nil
}

// oddSource gives records that it should not give.
type oddSource struct {
	*pipelinetest.MemSource
	part string
}

func (s *oddSource) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	switch s.part {
	case "resume is one row late":
		if from.Offset > 0 && from.Offset < split.End {
			from = pipeline.Position{Offset: from.Offset + 1, Byte: -1}
		}
	case "byte hint is believed":
		if from.Byte < 0 && from.Offset > split.Start {
			from.Offset--
		}
	case "columns are ignored":
		want.Columns = pipelinetest.MemSchema.Fields()
	}
	r, err := s.MemSource.Open(ctx, split, from, want)
	return &oddReader{r, s.part, want.Rows}, err
}

type oddReader struct {
	pipeline.Reader
	part string
	rows int
}

func (r *oddReader) Next(ctx context.Context) (*pipeline.Batch, error) {
	b, err := r.Reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case r.part == "batch size changes rows" && r.rows == 1 && b.First == 3:
		whole := b.Record
		b.Record = whole.NewSlice(0, 0)
		whole.Release()
	case r.part == "batch has a gap" && b.First > 0:
		b.First++
	case r.part == "records are not released":
		b.Record.Retain()
	}
	return b, nil
}
