package file

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/fileset"
)

// NewSource returns the source. The config must not change afterwards.
func (c *SourceConfig) NewSource(env pipeline.Env) (pipeline.Source, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	s := &Source{cfg: *c, fs: env.FS, limit: int64(c.MaxInflated)}
	if s.fs == nil {
		s.fs = disk.OS{}
	}
	if s.limit == 0 {
		s.limit = defaultMaxInflated
	}
	if s.cfg.Stdin == nil {
		s.cfg.Stdin = os.Stdin
	}
	return s, nil
}

// Source reads records from files. Its readers only cut records; Decode fills in columns on the engine's workers.
type Source struct {
	cfg    SourceConfig
	fs     disk.FS
	limit  int64
	layout *pipeline.Layout
	format format
	inputs []*input
	plan   atomic.Pointer[planBox] // the last projection's
}

var (
	_ pipeline.Source    = (*Source)(nil)
	_ pipeline.Decoder   = (*Source)(nil)
	_ pipeline.Describer = (*Source)(nil)
)

// Describe says what is read, such as "file data/*.csv (csv)".
func (s *Source) Describe() string {
	name := "file " + s.cfg.Path
	if s.cfg.Path == stdinPath {
		name = StdinName
	}
	if s.layout != nil {
		return fmt.Sprintf("%s (%s)", name, s.layout.Format)
	}
	return name
}

// Layout looks at the head of every file. All of them must have the same format and, but for JSON, the same columns.
func (s *Source) Layout(ctx context.Context) (*pipeline.Layout, error) {
	if s.layout != nil {
		return s.layout, nil
	}
	paths := []string{stdinPath}
	if s.cfg.Path != stdinPath {
		var err error
		if paths, err = fileset.Expand(s.fs, s.cfg.Path); err != nil {
			return nil, err
		}
	}
	if err := s.survey(ctx, paths); err != nil {
		return nil, err
	}
	layout, err := s.format.layout()
	if err != nil {
		return nil, err
	}
	layout.Replayable = s.cfg.Path != stdinPath
	for _, in := range s.inputs {
		layout.Notes = append(layout.Notes, in.notes...)
	}
	s.layout = layout
	return layout, nil
}

// Splits returns one split for each file that holds records.
func (s *Source) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	if _, err := s.Layout(ctx); err != nil {
		return nil, err
	}
	var splits []*pipeline.Split
	for _, in := range s.inputs {
		if !in.empty {
			splits = append(splits, in.split)
		}
	}
	return splits, nil
}

// Open starts reading a file.
func (s *Source) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	i := slices.IndexFunc(s.inputs, func(in *input) bool { return in.split.ID == split.ID })
	if i < 0 {
		return nil, fault.New(fault.InputMissing, "the file is not part of the input").At(fault.Where{File: split.File})
	}
	if want.Alloc == nil {
		want.Alloc = memory.DefaultAllocator
	}
	return s.format.open(ctx, s.inputs[i], split, from, want)
}

// planner is a projection made ready by a format.
type planner interface {
	Serves(want pipeline.Projection) bool
	Decode(b *pipeline.Batch, alloc memory.Allocator) error
}

type planBox struct{ planner }

// Decode fills in the columns of a batch.
func (s *Source) Decode(_ context.Context, b *pipeline.Batch, want pipeline.Projection) error {
	p, err := s.planFor(want)
	if err != nil || p == nil {
		return err
	}
	if want.Alloc == nil {
		want.Alloc = memory.DefaultAllocator
	}
	return p.Decode(b, want.Alloc)
}

// planFor returns the plan for a projection, made anew when it is another than the last one.
func (s *Source) planFor(want pipeline.Projection) (planner, error) {
	if box := s.plan.Load(); box != nil && box.Serves(want) {
		return box.planner, nil
	}
	p, err := s.format.plan(want)
	if err != nil || p == nil {
		return nil, err
	}
	s.plan.Store(&planBox{p})
	return p, nil
}
