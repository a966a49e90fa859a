package pipelinetest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// MemStream is a stream of generated records: a MemSource whose splits are the partitions of a topic, and a group of one
// member whose splits come and go as the test says. Set its fields before use; Move, Lose and Append may be called at any
// time. Record r of partition s is MemSource's.
type MemStream struct {
	*MemSource
	// Follow keeps the stream open at the ends of its splits: Next waits for Append. Otherwise it returns io.EOF there.
	Follow bool
	// AbortMoved aborts epochs during which splits moved, as a transaction that can't outlive its assignment is.
	AbortMoved bool
	// Level is what the source's own commits give; empty: exactly once.
	Level pipeline.Guarantee

	mu        sync.Mutex
	committed map[string]int64  // guarded by mu; what the group remembers
	away      map[string]bool   // guarded by mu; splits that another member has
	member    *memMember        // guarded by mu; nil: nobody has joined
	changed   chan struct{}     // guarded by mu; closed and replaced when Next has to look again
	commits   []*pipeline.Epoch // guarded by mu; those that stood
	aborted   int               // guarded by mu
}

var (
	_ pipeline.Streamer = (*MemStream)(nil)
	_ pipeline.Seeker   = (*MemStream)(nil)
)

// NewMemStream returns a stream of so many partitions that hold so many records each, and nothing else to come.
func NewMemStream(partitions, records int) *MemStream {
	return &MemStream{
		MemSource: NewMemSource(partitions, records), committed: map[string]int64{}, away: map[string]bool{},
		changed: make(chan struct{}),
	}
}

// Seeks implements pipeline.Seeker.
func (s *MemStream) Seeks() {}

// Guarantee implements pipeline.Streamer.
func (s *MemStream) Guarantee() (pipeline.Guarantee, string) {
	if s.Level == "" {
		return pipeline.ExactlyOnce, "the group in memory commits with the sinks"
	}
	return s.Level, "it was told to declare less"
}

// Move gives a split to another member, or takes it back, in the orderly way: Next returns ErrReassigned before it comes
// into effect, and the epoch can still be committed.
func (s *MemStream) Move(split int, away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away[s.PartitionID(split)] = away
	if s.member != nil {
		s.member.moved = true
	}
	s.wake()
}

// Append adds records to a split.
func (s *MemStream) Append(split, records int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Sizes[split] += records
	s.wake()
}

// wake makes Next look again. Callers hold mu.
func (s *MemStream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Committed is where the group stands in a split; -1 where nothing was committed.
func (s *MemStream) Committed(split int) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at(s.PartitionID(split))
}

// SetCommitted puts the group's position of a split.
func (s *MemStream) SetCommitted(split int, next int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committed[s.PartitionID(split)] = next
}

// at is the group's position. Callers hold mu.
func (s *MemStream) at(id string) int64 {
	if next, ok := s.committed[id]; ok {
		return next
	}
	return -1
}

// Commits are the epochs that were committed, and how many were aborted.
func (s *MemStream) Commits() (stood []*pipeline.Epoch, aborted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commits), s.aborted
}

// PartitionID is the ID of a split: topic/partition.
func (s *MemStream) PartitionID(split int) string { return fmt.Sprintf("part/%d", split) }

// Splits lists the partitions.
func (s *MemStream) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	splits, err := s.MemSource.Splits(ctx)
	for i, sp := range splits {
		sp.ID, sp.File, sp.End = s.PartitionID(i), s.PartitionID(i), -1
	}
	return splits, err
}

// Join implements pipeline.Streamer. A member that had joined before is put out: it can commit nothing any more.
func (s *MemStream) Join(ctx context.Context, o pipeline.JoinOptions) (pipeline.Stream, error) {
	if err := s.call(ctx, Call{Kind: "join"}); err != nil {
		return nil, err
	}
	m := &memMember{source: s, options: o}
	s.mu.Lock()
	s.member = m
	s.mu.Unlock()
	return m, m.assign(ctx)
}

// memMember is one membership.
type memMember struct {
	source  *MemStream
	options pipeline.JoinOptions
	held    []*memHolding // guarded by source.mu
	turn    int
	moved   bool // guarded by source.mu; splits are to come or go
}

type memHolding struct {
	split *pipeline.Split
	index int
	next  int64 // offset
}

// assign takes the splits that are not away, and gives back those that are.
func (m *memMember) assign(ctx context.Context) error {
	s := m.source
	s.mu.Lock()
	m.moved = false
	m.held = slices.DeleteFunc(m.held, func(h *memHolding) bool { return s.away[h.split.ID] })
	var fresh []*memHolding
	for i := range s.Sizes {
		id := s.PartitionID(i)
		if !s.away[id] && !slices.ContainsFunc(m.held, func(h *memHolding) bool { return h.index == i }) {
			fresh = append(fresh, &memHolding{split: &pipeline.Split{ID: id, File: id, End: -1}, index: i, next: s.at(id)})
		}
	}
	s.mu.Unlock()
	for _, h := range fresh {
		if m.options.Resume != nil {
			next, err := m.options.Resume(ctx, h.split, h.next)
			if err != nil {
				return err
			}
			h.next = next
		}
		h.next = max(h.next, 0)
		h.split.Start = h.next
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m.held = append(m.held, fresh...)
	return nil
}

// Next reads the splits in turn.
func (m *memMember) Next(ctx context.Context) (*pipeline.Batch, error) {
	s := m.source
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.Lock()
		changed := s.changed
		if m.moved {
			s.mu.Unlock()
			return nil, pipeline.ErrReassigned
		}
		var ready *memHolding
		for range m.held {
			m.turn++
			if h := m.held[m.turn%len(m.held)]; h.next < int64(s.Sizes[h.index])*s.stride() {
				ready = h
				break
			}
		}
		s.mu.Unlock()
		switch {
		case ready != nil:
			return m.read(ctx, ready)
		case !s.Follow:
			return nil, io.EOF
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func (m *memMember) read(ctx context.Context, h *memHolding) (*pipeline.Batch, error) {
	s := m.source
	if err := s.call(ctx, Call{Kind: "next", Split: h.split.ID, Offset: h.next}); err != nil {
		return nil, err
	}
	r := &memReader{source: s.MemSource, split: h.split, index: h.index, want: m.options.Want, offset: h.next}
	r.next = (h.next + s.stride() - 1) / s.stride()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := r.batch()
	b.Streamed, b.High = true, int64(s.Sizes[h.index])*s.stride()
	h.next = b.Next.Offset
	return b, nil
}

// Commit moves the group's positions. An epoch that may not stand is aborted: the member goes back to the group's.
func (m *memMember) Commit(ctx context.Context, e *pipeline.Epoch) (bool, error) {
	s := m.source
	if err := s.call(ctx, Call{Kind: "commit"}); err != nil {
		return false, err
	}
	s.mu.Lock()
	if s.member != m {
		s.mu.Unlock()
		return false, fault.New(fault.KafkaFenced, "another member has joined")
	}
	stands := !m.moved || !s.AbortMoved
	if stands {
		for _, sp := range e.Spans {
			s.committed[sp.Split.ID] = sp.Next
		}
		s.commits = append(s.commits, e)
	} else {
		s.aborted++
		for _, h := range m.held {
			h.next = max(s.at(h.split.ID), 0)
		}
	}
	moved := m.moved
	s.mu.Unlock()
	if moved {
		if err := m.assign(ctx); err != nil {
			return false, err
		}
	}
	return stands, s.after(ctx)
}

// after runs when a commit has happened: an error means that the reply was lost.
func (s *MemStream) after(ctx context.Context) error { return s.call(ctx, Call{Kind: "committed"}) }

// Held implements pipeline.Stream.
func (m *memMember) Held() []pipeline.Holding {
	s := m.source
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make([]pipeline.Holding, 0, len(m.held))
	for _, h := range m.held {
		held = append(held, pipeline.Holding{Split: h.split, High: int64(s.Sizes[h.index]) * s.stride()})
	}
	return held
}

// Close leaves the group.
func (m *memMember) Close() error {
	s := m.source
	s.mu.Lock()
	if s.member == m {
		s.member = nil
	}
	s.mu.Unlock()
	return s.call(context.Background(), Call{Kind: "leave"})
}
