package host

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Feed is a Source without an end, as a stream of one process: winnow keeps how far it is, and the plugin is told.
type Feed struct {
	*Source
	offsets offsets
}

var (
	_ pipeline.Streamer = (*Feed)(nil)
	_ pipeline.Seeker   = (*Feed)(nil)
)

// NewFeed is a source that is unbounded, as one. It keeps its offsets in a folder, which one process at a time may have; without
// one it begins anew with each run.
func NewFeed(s *Source, at Place) *Feed {
	return &Feed{Source: s, offsets: offsets{place: at}}
}

// Seeks tells that splits can be read from any offset.
func (f *Feed) Seeks() {}

// Guarantee is at least once: the sinks commit before the offsets are kept.
func (f *Feed) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.AtLeastOnce, "the offsets of the plugin " + f.cfg.Program.Name + " are recorded after the output, so that the last records before a crash come again"
}

// Close ends the process and frees the offsets.
func (f *Feed) Close() error { return errors.Join(f.Source.Close(), f.offsets.close()) }

// Join begins to read every split where it is.
func (f *Feed) Join(ctx context.Context, o pipeline.JoinOptions) (pipeline.Stream, error) {
	if err := f.offsets.load(); err != nil {
		return nil, err
	}
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &feeding{
		feed: f, open: o, batches: make(chan *pipeline.Batch), cancel: cancel, held: make(map[string]*pipeline.Holding),
	}
	m.readers, m.reading = errgroup.WithContext(reading)
	m.failed = m.reading.Done()
	if err := m.look(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	m.readers.Go(m.watch)
	return m, nil
}

// feeding is one membership: a goroutine for each split, and one that looks for new ones.
type feeding struct {
	feed    *Feed
	open    pipeline.JoinOptions
	readers *errgroup.Group
	reading context.Context // of the goroutines; it ends with the first one that fails
	cancel  context.CancelFunc
	failed  <-chan struct{}
	batches chan *pipeline.Batch

	mu   sync.Mutex
	held map[string]*pipeline.Holding // guarded by mu
}

var (
	_ pipeline.Stream       = (*feeding)(nil)
	_ pipeline.Acknowledger = (*feeding)(nil)
)

// look begins to read splits that are new.
func (m *feeding) look(ctx context.Context) error {
	splits, err := m.feed.Splits(ctx)
	if err != nil {
		return err
	}
	for _, s := range splits {
		m.mu.Lock()
		_, known := m.held[s.ID]
		m.mu.Unlock()
		if known {
			continue
		}
		from, err := m.begin(ctx, s)
		if err != nil {
			return err
		}
		m.mu.Lock()
		m.held[s.ID] = &pipeline.Holding{Split: s, High: -1}
		m.mu.Unlock()
		m.readers.Go(func() error { return m.read(s, from) })
	}
	return nil
}

// begin is where a split goes on: where the sinks say, or the offsets that are kept.
func (m *feeding) begin(ctx context.Context, s *pipeline.Split) (pipeline.Position, error) {
	kept, ok := m.feed.offsets.at(s.ID)
	if m.open.Resume != nil {
		committed := int64(-1)
		if ok {
			committed = kept
		}
		next, err := m.open.Resume(ctx, s, committed)
		if err != nil {
			return pipeline.Position{}, err
		}
		kept, ok = next, next >= 0
	}
	if !ok {
		kept = s.Start
	}
	return pipeline.Position{Offset: max(kept, s.Start), Byte: -1}, nil
}

// watch looks for new splits until the membership ends.
func (m *feeding) watch() error {
	tick := time.NewTicker(splitsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := m.look(m.reading); err != nil {
				return err
			}
		case <-m.reading.Done():
			return nil
		}
	}
}

// read reads a split until it ends, or the membership does.
func (m *feeding) read(s *pipeline.Split, from pipeline.Position) (err error) {
	r, err := m.feed.Open(m.reading, s, from, m.open.Want)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var handed int64 // records
	for {
		b, err := r.Next(m.reading)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b.Streamed = true
		handed += int64(b.Len())
		m.note(s, b, handed, r.(*reader).ahead)
		if b.Next.Offset == b.First { // it only says that it is alive
			continue
		}
		select {
		case m.batches <- b:
		case <-m.reading.Done():
			if b.Record != nil {
				b.Record.Release()
			}
			return nil
		}
	}
}

// note notes how far a split goes, as the plugin told with a batch.
func (m *feeding) note(s *pipeline.Split, b *pipeline.Batch, handed int64, ahead *int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.held[s.ID]
	if b.High > 0 {
		h.High = b.High
	}
	switch { // each time another one: who has the last may read it still
	case ahead != nil:
		h.Backlog = &pipeline.Backlog{Handed: handed, Ahead: *ahead}
	case b.High > 0:
		h.Backlog = &pipeline.Backlog{Handed: handed, Ahead: max(b.High-b.Next.Offset, 0)}
	}
}

// Next returns the next batch of any split.
func (m *feeding) Next(ctx context.Context) (*pipeline.Batch, error) {
	select {
	case b := <-m.batches:
		return b, nil
	case <-m.failed:
		if err := m.readers.Wait(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Acknowledges makes Commit come last.
func (m *feeding) Acknowledges() {}

// Commit keeps how far the splits are, and tells the plugin.
func (m *feeding) Commit(ctx context.Context, e *pipeline.Epoch) (bool, error) {
	if len(e.Spans) == 0 {
		return true, nil
	}
	done := make(map[string]int64, len(e.Spans))
	for _, s := range e.Spans {
		done[s.Split.ID] = s.Next
	}
	if err := m.feed.offsets.keep(done); err != nil {
		return false, err
	}
	return true, m.feed.Acknowledge(ctx, done)
}

// Held are the splits by name.
func (m *feeding) Held() []pipeline.Holding {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]pipeline.Holding, 0, len(m.held))
	for _, id := range slices.SortedFunc(maps.Keys(m.held), strings.Compare) {
		list = append(list, *m.held[id])
	}
	return list
}

// Close stops reading.
func (m *feeding) Close() error {
	m.cancel()
	if err := m.readers.Wait(); err != nil && !errors.Is(err, context.Canceled) && fault.FateOf(err) == fault.Fatal {
		return err
	}
	return nil
}
