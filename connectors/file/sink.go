package file

import (
	"context"
	"path/filepath"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline"
)

// Sink writes records to a file, to a folder of part files, or to standard output. Rows are encoded and compressed on
// the engine's workers; Write only appends bytes. What is written lies beside the output until the seal (package part).
type Sink struct {
	cfg     SinkConfig
	encoder *encode.Encoder
	squeeze *squeezer // nil: not compressed
	out     output
	free    chan *encoded // to be used again
}

// freeBuffers is how many batches' buffers are kept. Unlike a sync.Pool the channel keeps them across collections, so
// that megabytes don't come and go.
const freeBuffers = 64

// output is where bytes go. One goroutine uses it.
type output interface {
	Open(b part.Begin) error
	// Write appends a batch's rows, all of them or, with an error, none.
	Write(p []byte, rows int64) error
	Size() int64
	Prepare() (part.Receipt, error)
	Commit(r part.Receipt)
	Abort() error
	Seal(r part.Receipt) error
	Close() error
}

var (
	_ pipeline.Sink      = (*Sink)(nil)
	_ pipeline.Encoder   = (*Sink)(nil)
	_ pipeline.Sealer    = (*Sink)(nil)
	_ pipeline.Describer = (*Sink)(nil)
	_ pipeline.Guarantor = (*Sink)(nil)

	_ output = (*part.File)(nil)
	_ output = (*part.Folder)(nil)
)

func newSink(cfg SinkConfig, env pipeline.Env) *Sink {
	s := &Sink{cfg: cfg, squeeze: newSqueezer(cfg.Compression), free: make(chan *encoded, freeBuffers)}
	switch {
	case cfg.stdout():
		s.out = &stdout{w: cfg.Writer}
	case cfg.Format == formatXLSX:
		s.out = newSheet(env.FS, filepath.Clean(cfg.Path))
	case cfg.folder():
		limits := part.Limits{Bytes: int64(cfg.PartBytes), Rows: cfg.PartRows}
		s.out = part.NewFolder(env.FS, filepath.Clean(cfg.Path), cfg.Ext(), limits)
	default:
		s.out = part.NewFile(env.FS, filepath.Clean(cfg.Path))
	}
	return s
}

// Describe names the format and the place.
func (s *Sink) Describe() string {
	if s.cfg.stdout() {
		return s.cfg.Format + " to standard output"
	}
	return s.cfg.Format + " " + s.cfg.Path
}

// Guarantee tells what the place can keep.
func (s *Sink) Guarantee() (pipeline.Guarantee, string) {
	if s.cfg.stdout() {
		return pipeline.AtMostOnce, "what was written to standard output can't be taken back"
	}
	return pipeline.ExactlyOnce, "the output is cut to the checkpoint's length and appears once, at the end"
}

// Need asks for the records' bytes where results are spliced into them, else for the columns.
func (s *Sink) Need(in *pipeline.Layout) pipeline.Need { return encode.Need(in, s.cfg.encoding()) }

// Open finds what an earlier process left and goes on there, or begins.
func (s *Sink) Open(_ context.Context, o pipeline.SinkOpen) error {
	last, err := part.Decode(o.Last, s.cfg.Path)
	if err != nil {
		return err
	}
	s.encoder = encode.New(o.Input, o.Result, s.cfg.encoding())
	begin := part.Begin{
		Last: last, Resumed: o.Resumed, Sealing: o.Sealing, Overwrite: o.Overwrite || s.cfg.Overwrite, OmitEmpty: o.OmitEmpty,
	}
	begin.Head = s.squeeze.append(nil, s.encoder.Header())
	if sheet, ok := s.out.(*sheet); ok {
		if err := sheet.fits(o.Rows); err != nil {
			return err
		}
		sheet.columns = s.encoder.Names()
	}
	return s.out.Open(begin)
}

// encoded is what Encode makes of a batch.
type encoded struct {
	data   []byte // as it is written to the file; plain itself where that is not compressed
	rows   int64
	plain  []byte // before compression
	faults []pipeline.RowFault
	home   chan *encoded // where it is given back: a batch may be written by another sink than the one that encoded it
}

// Encode formats and compresses a batch's rows. It is called from many goroutines at once.
func (s *Sink) Encode(_ context.Context, b *pipeline.Batch) error {
	var e *encoded
	select {
	case e = <-s.free:
	default:
		e = &encoded{home: s.free}
	}
	var err error
	e.plain, e.faults, err = s.encoder.Append(e.plain[:0], b)
	if err != nil {
		return err
	}
	e.rows = int64(b.Count() - len(e.faults))
	if s.squeeze == nil {
		e.data = e.plain
	} else {
		e.data = s.squeeze.append(e.data[:0], e.plain)
	}
	b.Encoded = e
	return nil
}

// Write appends a batch's rows. After an error the same batch can be written again.
func (s *Sink) Write(ctx context.Context, b *pipeline.Batch) error {
	if b.Count() == 0 {
		return nil
	}
	if b.Encoded == nil {
		if err := s.Encode(ctx, b); err != nil {
			return err
		}
	}
	e := b.Encoded.(*encoded)
	if err := s.out.Write(e.data, e.rows); err != nil {
		return err
	}
	b.Encoded = nil
	faults := e.faults
	e.faults = nil
	select {
	case e.home <- e:
	default:
	}
	if len(faults) > 0 {
		return &pipeline.RowErrors{Rows: faults}
	}
	return nil
}

// Size is how many bytes the file has that is being written, as they are in it: compressed, with the header of CSV. None
// are held back in memory.
func (s *Sink) Size() (file, held int64) { return s.out.Size(), 0 }

// Prepare makes what was written durable.
func (s *Sink) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	r, err := s.out.Prepare()
	if err != nil {
		return nil, err
	}
	return r.Encode()
}

// Commit has nothing to do to the data: it is in its place, and recorded.
func (s *Sink) Commit(_ context.Context, data pipeline.Receipt) error {
	r, err := part.Decode(data, s.cfg.Path)
	if err == nil && r != nil {
		s.out.Commit(*r)
	}
	return err
}

// Abort cuts off what came after the last commit.
func (s *Sink) Abort(context.Context) error { return s.out.Abort() }

// Seal makes the output visible under its own name.
func (s *Sink) Seal(_ context.Context, data pipeline.Receipt) error {
	r, err := part.Decode(data, s.cfg.Path)
	if err != nil || r == nil {
		return err
	}
	return s.out.Seal(*r)
}

// Close frees what Open took and leaves unfinished output as it is.
func (s *Sink) Close() error { return s.out.Close() }
