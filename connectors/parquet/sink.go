package parquet

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	col "github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Sink writes one Parquet file, or a folder of part files, exactly once.
//
// Data lies in "<path>.part" until the seal, with a journal of the row groups' metadata beside it. A commit ends the row
// group that is open and syncs both; its receipt is their lengths and the journal's checksum. After a crash both are cut
// to that. The seal writes the footer, merges row groups that frequent commits left small, syncs, renames and syncs the
// folder. Encode compresses pages on the engine's workers; Write only orders them.
type Sink struct {
	cfg SinkConfig
	env pipeline.Env

	spec   *spec
	files  *files
	group  *col.RowGroup
	small  *encoders      // rows of batches that are too small for pages of their own
	free   chan *encoders // to be used again
	spares col.Spares
	ratio  ratio
	last   receipt // of the last commit
	sealed bool
}

var (
	_ pipeline.Sink      = (*Sink)(nil)
	_ pipeline.Encoder   = (*Sink)(nil)
	_ pipeline.Sealer    = (*Sink)(nil)
	_ pipeline.Describer = (*Sink)(nil)
)

// receipt is what a checkpoint keeps of the sink.
type receipt struct {
	Part   int   `json:"part"`  // number of the part file, 0 for a single file
	Ended  bool  `json:"ended"` // the part file gets no more rows
	Total  int64 `json:"total"` // rows of the whole output
	Commit mark  `json:"commit"`
	// Replace tells that the run was allowed to replace an older output when it began.
	Replace bool `json:"replace,omitempty"`
}

// NewSink returns a sink. It touches nothing before Open.
func NewSink(cfg SinkConfig, env pipeline.Env) *Sink {
	if cfg.RowGroupRows == 0 {
		cfg.RowGroupRows = defaultRowGroupRows
	}
	cfg.PartSize = cfg.PartLimit()
	return &Sink{cfg: cfg, env: env}
}

// Describe implements pipeline.Describer.
func (s *Sink) Describe() string { return "Parquet " + s.cfg.Path }

// Need implements pipeline.Sink.
func (s *Sink) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Columns: true} }

// Open implements pipeline.Sink.
func (s *Sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	var err error
	if s.spec, err = newSpec(s.cfg, o.Input, o.Result); err != nil {
		return err
	}
	s.spares = col.NewSpares(len(s.spec.tree.Columns))
	s.free = make(chan *encoders, freeEncoders)
	s.small = s.newEncoders()
	s.group = s.newGroup()
	again := s.files != nil && s.files.claimed // Open is called again after a transient error
	s.files = newFiles(s.env.FS, s.cfg, s.spec)
	s.files.omitEmpty = o.OmitEmpty
	if o.Last == nil {
		if err := s.files.fresh(s.cfg.Overwrite || o.Overwrite, o.Resumed || again); err != nil {
			return err
		}
		s.last = receipt{Commit: s.files.out.at, Replace: s.files.replace}
		return nil
	}
	if err := json.Unmarshal(o.Last, &s.last); err != nil {
		return damaged(s.files.work, "the receipt of its last commit is damaged: %v", err)
	}
	s.sealed, err = s.files.resume(ctx, s.last, o.Sealing)
	return err
}

// Encode implements pipeline.Encoder.
func (s *Sink) Encode(_ context.Context, b *pipeline.Batch) error {
	if b.Count() < smallBatch {
		return nil
	}
	e, err := s.encode(b)
	if err != nil {
		return err
	}
	b.Encoded = e
	return nil
}

func (s *Sink) encode(b *pipeline.Batch) (*encoded, error) {
	arrays, err := s.spec.arrays(b)
	if err != nil {
		return nil, err
	}
	var enc *encoders
	select {
	case enc = <-s.free:
	default:
		enc = s.newEncoders()
	}
	out, err := enc.encode(arrays, b.Rows, b.Count())
	if err != nil {
		return nil, err
	}
	select {
	case s.free <- enc:
	default:
	}
	return out, nil
}

// Write implements pipeline.Sink. After an error it can be called again with the same batch.
func (s *Sink) Write(_ context.Context, b *pipeline.Batch) error {
	if b.Count() == 0 {
		return nil
	}
	if s.group.Rows+int64(s.small.rows) >= s.cfg.RowGroupRows || s.group.Size >= rowGroupBytes {
		if err := s.flush(); err != nil {
			return err
		}
	}
	e, _ := b.Encoded.(*encoded)
	if e == nil && b.Count() < smallBatch {
		return s.writeSmall(b)
	}
	if err := s.cutSmall(); err != nil {
		return err
	}
	if e == nil {
		var err error
		if e, err = s.encode(b); err != nil {
			return err
		}
	}
	return s.add(e)
}

func (s *Sink) add(e *encoded) error {
	if err := e.addTo(s.group); err != nil {
		return fault.New(fault.Internal, "%w", err)
	}
	return nil
}

// writeSmall collects rows in pages that several batches share.
func (s *Sink) writeSmall(b *pipeline.Batch) error {
	arrays, err := s.spec.arrays(b)
	if err != nil {
		return err
	}
	if err := s.small.add(arrays, b.Rows, b.Count()); err != nil {
		return err
	}
	size := s.small.size()
	if s.small.rows >= pageRows/2 || size >= pageBytes*len(arrays)/2 || s.ratio.raw == 0 && size >= sampleBytes {
		return s.cutSmall()
	}
	return nil
}

func (s *Sink) cutSmall() error {
	if s.small.rows == 0 {
		return nil
	}
	raw, before := int64(s.small.size()), s.group.Size
	e, err := s.small.cut()
	if err != nil {
		return err
	}
	if err := s.add(e); err != nil {
		return err
	}
	s.ratio.raw += raw
	s.ratio.pressed += s.group.Size - before
	return nil
}

// ratio is what became of rows in pages that several batches share: how many bytes they were, and are in their pages.
type ratio struct{ raw, pressed int64 }

// of is how many bytes n are going to be; as many before the first page.
func (r ratio) of(n int64) int64 {
	if r.raw == 0 {
		return n
	}
	return int64(float64(n) * float64(r.pressed) / float64(r.raw))
}

// Size is about how many bytes the open file would have if it ended here, and how many of the sink's are in memory. The
// file's are the row groups that are written, with their metadata as the journal holds it; the open row group's pages as
// they will be written, with its dictionaries before their compression; and rows that wait for a page, by the ratio at
// which earlier ones were compressed. The schema and key-value metadata of the footer are not in it.
func (s *Sink) Size() (file, held int64) {
	small := int64(s.small.size())
	at := s.files.out.at
	return at.Data + at.Journal + s.group.Size + s.ratio.of(small), s.group.Size + small
}

// Spill writes the rows that are held in memory to the file, as a row group, and lets go of the memory. Small row groups
// are merged at the seal.
func (s *Sink) Spill() error {
	if err := s.flush(); err != nil {
		return err
	}
	s.spares = col.NewSpares(len(s.spec.tree.Columns))
	s.small, s.group = s.newEncoders(), s.newGroup()
	return nil
}

// flush writes the open row group.
func (s *Sink) flush() error {
	if err := s.cutSmall(); err != nil {
		return err
	}
	if s.group.Rows == 0 {
		return nil
	}
	if err := s.files.out.write(s.group); err != nil {
		return err
	}
	s.group.Recycle()
	s.group = s.newGroup()
	return nil
}

func (s *Sink) newEncoders() *encoders { return newEncoders(s.spec.tree, s.spec.codec, s.spares) }

func (s *Sink) newGroup() *col.RowGroup {
	return col.NewRowGroup(s.spec.tree.Columns, s.spec.codec, s.spares)
}

// Prepare implements pipeline.Sink.
func (s *Sink) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	if s.sealed {
		return json.Marshal(s.last)
	}
	if err := s.flush(); err != nil {
		return nil, err
	}
	failpoint.Hit("parquet.flushed")
	r, err := s.files.prepare()
	if err != nil {
		return nil, err
	}
	failpoint.Hit("parquet.synced")
	return json.Marshal(r)
}

// Commit implements pipeline.Sink.
func (s *Sink) Commit(ctx context.Context, raw pipeline.Receipt) error {
	var r receipt
	if err := json.Unmarshal(raw, &r); err != nil {
		return damaged(s.files.work, "the receipt of a commit is damaged: %v", err)
	}
	s.last = r
	return s.files.commit(ctx, r)
}

// Abort implements pipeline.Sink.
func (s *Sink) Abort(context.Context) error {
	if s.sealed || s.files == nil || s.files.out == nil {
		return nil
	}
	s.group = s.newGroup()
	s.small = s.newEncoders()
	return s.files.abort(s.last)
}

// Seal implements pipeline.Sealer.
func (s *Sink) Seal(ctx context.Context, raw pipeline.Receipt) error {
	if s.sealed {
		return nil
	}
	var r receipt
	if err := json.Unmarshal(raw, &r); err != nil {
		return damaged(s.files.work, "the receipt of the seal is damaged: %v", err)
	}
	if err := s.files.seal(ctx, r); err != nil {
		return err
	}
	s.sealed = true
	return nil
}

// Close implements pipeline.Sink.
func (s *Sink) Close() error {
	if s.files == nil || s.files.out == nil {
		return nil
	}
	return outputError(s.files.work, s.files.out.close())
}

// checkTarget refuses an output that exists or can't be made.
func (f *files) checkTarget(overwrite bool) error {
	where := fault.Where{File: f.final}
	parent := filepath.Dir(f.final)
	info, err := f.fs.Stat(parent)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir():
		return fault.New(fault.OutputFolder, "the folder %s does not exist", parent).At(where)
	case err != nil:
		return outputError(f.final, err)
	}
	info, err = f.fs.Stat(f.final)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return outputError(f.final, err)
	case f.folder && info.IsDir() && !overwrite:
		return f.refuseFull()
	case !overwrite:
		return pipeline.OutputExists(f.final)
	case info.IsDir() && !f.folder:
		return fault.New(fault.OutputWrite, "the output is a folder; a path that ends with a slash writes into one").At(where)
	default:
		return nil
	}
}

// refuseFull refuses a folder that holds something already.
func (f *files) refuseFull() error {
	entries, err := f.fs.ReadDir(f.final)
	if err == nil && len(entries) > 0 {
		return pipeline.OutputExists(f.final)
	}
	return outputError(f.final, err)
}

func isFolder(path string) bool { return strings.HasSuffix(path, "/") }
