package commitlog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// SinkConfig says where a sink's parts go and who writes them.
type SinkConfig struct {
	Name   string // of the sink in the pipeline
	Folder string // for this sink alone; its parent exists
	Ext    string // of the parts, such as ".jsonl.gz"
	// Limits say when a part is full, so that the epoch ends.
	Limits Limits
	// New makes the sink that writes one part as one file. Sinks of one configuration encode alike, whatever their path:
	// batches that one of them encoded are written by others.
	New func(path string, fsys disk.FS) (pipeline.Sink, error)
}

// Limits are a part's. Zero is no limit.
type Limits struct {
	Bytes int64 // of the file, as far as the wrapped sink can tell while it is open
	Rows  int64
}

// Sink writes a stream into a folder, in one file for each split and epoch that has rows for it.
//
// Every split that has rows in an epoch keeps a file of the wrapped kind open until the epoch ends. That costs a file
// descriptor, and what the wrapped sink buffers: next to nothing for lines, the pages of the open row group for Parquet.
// Where all of a log's parts together hold more than Config.Memory, the largest are written out, so that this bounds the
// memory, however many splits there are and however long an epoch is. A part costs about eight syncs from its first row to
// its visible name.
type Sink struct {
	cfg      SinkConfig
	fs       disk.FS
	log      *Log
	template pipeline.Sink // encodes; it writes nothing
	begin    pipeline.SinkOpen

	open      map[*pipeline.Split]*part
	made      map[string]hidden // folders that were made, by split ID
	spans     []*pipeline.Span
	prepared  []*part
	undecided []*part // of aborted epochs: an abort may be one of which nobody knows yet whether it is true
	n         int     // parts begun
	full      bool    // an open part is
}

var (
	_ pipeline.Sink      = (*Sink)(nil)
	_ pipeline.Encoder   = (*Sink)(nil)
	_ pipeline.SpanSink  = (*Sink)(nil)
	_ pipeline.BareSink  = (*Sink)(nil)
	_ pipeline.PartSink  = (*Sink)(nil)
	_ pipeline.Describer = (*Sink)(nil)
)

// hidden is a folder of hidden parts.
type hidden struct{ token, path string }

// receipt names an epoch's parts by split.
type receipt struct {
	Parts map[string]Part `json:"parts,omitempty"`
}

// Sink makes a sink whose parts the log decides over. All of a log's sinks are made before the pipeline runs.
func (l *Log) Sink(cfg SinkConfig) (*Sink, error) {
	cfg.Folder = filepath.Clean(cfg.Folder)
	for _, s := range l.sinks {
		if s.cfg.Folder == cfg.Folder || s.cfg.Name == cfg.Name {
			return nil, fault.New(fault.ConfigField, "two sinks write to %s", cfg.Folder).WithFix("give each one a folder of its own")
		}
	}
	// The template lives on a disk that keeps nothing: opening it readies its encoder and costs no file.
	template, err := cfg.New(filepath.Join(cfg.Folder, "template"+cfg.Ext), blank{dir: cfg.Folder})
	if err != nil {
		return nil, err
	}
	s := &Sink{
		cfg: cfg, fs: l.cfg.FS, log: l, template: template,
		open: make(map[*pipeline.Split]*part), made: make(map[string]hidden),
	}
	l.sinks = append(l.sinks, s)
	return s, nil
}

// Describe implements pipeline.Describer.
func (s *Sink) Describe() string { return fmt.Sprintf("part files *%s in %s", s.cfg.Ext, s.cfg.Folder) }

// TakesBare implements pipeline.BareSink.
func (s *Sink) TakesBare() bool {
	b, ok := s.template.(pipeline.BareSink)
	return ok && b.TakesBare()
}

// Need implements pipeline.Sink.
func (s *Sink) Need(in *pipeline.Layout) pipeline.Need { return s.template.Need(in) }

// Open makes the folder. What is in it is settled split by split, by Log.Resume.
func (s *Sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	parent := filepath.Dir(s.cfg.Folder)
	if info, err := s.fs.Stat(parent); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fault.New(fault.OutputFolder, "there is no folder %s", parent).At(fault.Where{File: s.cfg.Folder})
	}
	if err := disk.MakeDir(s.fs, s.cfg.Folder); err != nil {
		return pipeline.StorageError(err, s.cfg.Folder)
	}
	s.begin = pipeline.SinkOpen{
		RunID: o.RunID, Input: o.Input, Result: o.Result, Durable: true, Rows: -1, Alloc: o.Alloc,
	}
	return s.template.Open(ctx, s.begin)
}

// Encode implements pipeline.Encoder.
func (s *Sink) Encode(ctx context.Context, b *pipeline.Batch) error {
	if e, ok := s.template.(pipeline.Encoder); ok {
		return e.Encode(ctx, b)
	}
	return nil
}

// Write implements pipeline.Sink.
func (s *Sink) Write(ctx context.Context, b *pipeline.Batch) error {
	if b.Count() == 0 {
		return nil
	}
	if err := s.log.spill(); err != nil { // before the batch: after an error the engine writes that again
		return err
	}
	p := s.open[b.Split]
	if p == nil {
		var err error
		if p, err = s.beginPart(ctx, b); err != nil {
			return err
		}
		s.open[b.Split] = p
	}
	rows := int64(b.Count())
	err := p.inner.Write(ctx, b)
	var single *pipeline.RowErrors
	if errors.As(err, &single) {
		rows -= int64(len(single.Rows))
	} else if err != nil {
		return s.lost(p, err)
	}
	p.rows += rows
	p.next = b.Next.Offset
	bytes, limits := p.measure(s.log), s.cfg.Limits
	s.full = s.full || limits.Bytes > 0 && bytes >= limits.Bytes || limits.Rows > 0 && p.rows >= limits.Rows
	return err
}

// Full implements pipeline.PartSink.
func (s *Sink) Full() bool { return s.full }

// spill writes out what the largest open parts hold in memory, until all of them together hold no more than they may.
func (l *Log) spill() error {
	for l.cfg.Memory > 0 && l.held > l.cfg.Memory {
		var sink *Sink
		var most *part
		for _, s := range l.sinks {
			for _, p := range s.open {
				if _, ok := p.inner.(spiller); ok && (most == nil || p.held > most.held) {
					sink, most = s, p
				}
			}
		}
		if most == nil {
			return nil
		}
		before := most.held
		if err := most.inner.(spiller).Spill(); err != nil {
			return sink.lost(most, err)
		}
		if most.measure(l); most.held >= before { // what is left can't be written out
			return nil
		}
	}
	return nil
}

// beginPart opens a file for a split's rows.
func (s *Sink) beginPart(ctx context.Context, b *pipeline.Batch) (*part, error) {
	o := s.log.ownerOf(b.Split)
	if o == nil {
		return nil, fenced(b.Split)
	}
	dir := s.hidden(o.place, o.token)
	if s.made[b.Split.ID].token != o.token {
		if err := disk.MakeDir(s.fs, dir); err != nil {
			return nil, pipeline.StorageError(err, dir)
		}
		s.made[b.Split.ID] = hidden{o.token, dir}
	}
	s.n++
	p := &part{split: b.Split, owner: o, fs: s.fs, dir: dir, open: openName(b.First, s.n), ext: s.cfg.Ext, first: b.First, next: b.First}
	var err error
	if p.inner, err = s.cfg.New(filepath.Join(dir, p.open+p.ext), s.fs); err != nil {
		return nil, err
	}
	if err := p.inner.Open(ctx, s.begin); err != nil {
		return nil, s.unopened(p, errors.Join(err, p.discard()))
	}
	return p, nil
}

// lost tells errors of a part that another owner of the split has deleted from others.
func (s *Sink) lost(p *part, err error) error {
	if files, listing := p.files(); len(files) > 0 || listing != nil {
		return pipeline.StorageError(err, p.dir)
	}
	return s.gone(p)
}

// unopened does so for one that could not be opened, because its folder is gone.
func (s *Sink) unopened(p *part, err error) error {
	if there, looking := disk.Exists(s.fs, p.dir); there || looking != nil {
		return pipeline.StorageError(err, p.dir)
	}
	return s.gone(p)
}

func (s *Sink) gone(p *part) error {
	delete(s.made, p.split.ID)
	return fenced(p.split)
}

// fenced makes the engine read the epoch again, after it has asked the log where to go on.
func fenced(split *pipeline.Split) error {
	return &pipeline.EpochError{Err: fault.New(fault.KafkaFenced, "another process went on with %s", split.ID)}
}

// Cover implements pipeline.SpanSink.
func (s *Sink) Cover(spans []*pipeline.Span) { s.spans = slices.Clone(spans) }

// Prepare completes the epoch's parts, all of them still hidden. After an error it can be called again.
func (s *Sink) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	for _, p := range s.openParts() {
		if err := s.preparePart(ctx, p, epoch); err != nil {
			return nil, s.lost(p, err)
		}
		p.drop(s.log)
		delete(s.open, p.split)
	}
	s.full = false
	failpoint.Hit("commitlog.prepared")
	var r receipt
	for _, p := range s.prepared {
		if r.Parts == nil {
			r.Parts = make(map[string]Part)
		}
		r.Parts[p.split.ID] = Part{Name: p.name, Rows: p.rows, Bytes: p.bytes}
	}
	return json.Marshal(r)
}

func (s *Sink) openParts() []*part {
	return slices.SortedFunc(maps.Values(s.open), func(a, b *part) int { return cmp.Compare(a.open, b.open) })
}

func (s *Sink) preparePart(ctx context.Context, p *part, epoch int64) error {
	if p.rows == 0 { // all of them were refused
		return p.discard()
	}
	first, next := p.first, p.next
	if i := slices.IndexFunc(s.spans, func(sp *pipeline.Span) bool { return sp.Split == p.split }); i >= 0 {
		first, next = s.spans[i].First, s.spans[i].Next
	}
	if err := p.seal(ctx, epoch, first, next); err != nil {
		return err
	}
	if err := s.fs.SyncDir(p.dir); err != nil {
		return err
	}
	s.prepared = append(s.prepared, p)
	return nil
}

// Commit makes the epoch's parts visible, but for those of splits that Record found to be another process's.
func (s *Sink) Commit(context.Context, pipeline.Receipt) error {
	return pipeline.StorageError(s.commit(), s.cfg.Folder)
}

func (s *Sink) commit() error {
	for _, p := range s.prepared {
		p.decided = true
	}
	// An epoch of the same assignment that was aborted before was aborted for good: its offsets have been read again.
	for _, p := range s.undecided {
		if slices.ContainsFunc(s.spans, func(sp *pipeline.Span) bool { return sp.Split == p.split }) && !s.replaced(p) {
			if err := p.discard(); err != nil {
				return err
			}
		}
	}
	s.undecided = nil
	for _, p := range s.prepared {
		if s.log.void(p.split) {
			if err := p.discard(); err != nil {
				return err
			}
			_ = s.fs.Remove(p.dir) // where it is empty
			continue
		}
		if err := publish(s.fs, p.dir, s.cfg.Folder, p.name); err != nil {
			return err
		}
	}
	failpoint.Hit("commitlog.published")
	for _, p := range s.prepared {
		if err := s.fs.SyncDir(p.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(s.prepared) > 0 {
		if err := s.fs.SyncDir(s.cfg.Folder); err != nil {
			return err
		}
	}
	s.prepared = nil
	if s.log.Decides() {
		return nil
	}
	for _, sp := range s.spans {
		if o := s.log.ownerOf(sp.Split); o != nil {
			if err := s.sweep(o, sp.Next); err != nil {
				return err
			}
		}
	}
	return nil
}

// replaced tells that a part of this epoch has the name, and so the place, of an aborted one.
func (s *Sink) replaced(p *part) bool {
	return slices.ContainsFunc(s.prepared, func(q *part) bool { return q.dir == p.dir && q.name == p.name })
}

// Abort deletes what was written since the last Prepare. What was prepared is left where it is: the record of it may have
// been made although that returned an error. Log.Resume knows; without one in between, the next Commit does.
func (s *Sink) Abort(context.Context) error {
	for _, p := range s.openParts() {
		if err := p.discard(); err != nil {
			return pipeline.StorageError(err, p.dir)
		}
		p.drop(s.log)
		delete(s.open, p.split)
	}
	s.full = false
	for _, p := range s.prepared {
		if !p.decided {
			s.undecided = append(s.undecided, p)
		}
	}
	s.prepared = nil
	return nil
}

// Close implements pipeline.Sink.
func (s *Sink) Close() error {
	errs := []error{s.template.Close()}
	for split, p := range s.open {
		errs = append(errs, p.inner.Close())
		p.drop(s.log)
		delete(s.open, split)
	}
	for id, dir := range s.made {
		_ = s.fs.Remove(dir.path) // where it is empty
		delete(s.made, id)
	}
	return pipeline.StorageError(errors.Join(errs...), s.cfg.Folder)
}

// hidden is where an owner's parts of a split lie until they are decided.
func (s *Sink) hidden(p place, token string) string { return hiddenFolder(s.cfg.Folder, p, token) }

// ownersOf are the owners that have a folder of hidden parts of a split.
func (s *Sink) ownersOf(p place) ([]string, error) {
	entries, err := s.fs.ReadDir(p.below(filepath.Join(s.cfg.Folder, ".winnow")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	tokens := make([]string, 0, len(entries))
	for _, e := range entries {
		tokens = append(tokens, e.Name())
	}
	return tokens, err
}
