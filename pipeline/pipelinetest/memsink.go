package pipelinetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// MemStore is what a MemSink writes to: it outlives the sink, as a disk outlives a process.
type MemStore struct {
	mu        sync.Mutex
	lines     []string // guarded by mu; durable, of which the first committed are final
	committed int      // guarded by mu
	sealed    bool     // guarded by mu
	begun     bool     // guarded by mu
	seals     int      // guarded by mu
}

// Lines returns the final lines.
func (s *MemStore) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines[:s.committed])
}

// Sealed reports whether the output was published.
func (s *MemStore) Sealed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed
}

// MemSink is a sink in memory that keeps the whole contract, and fails as it is told to. Set its fields before use. A
// crash is a sink that is dropped without a word; a new one over the same store goes on.
type MemSink struct {
	Store *MemStore
	// Script runs before each open, write, prepare, commit, abort, seal and close: an error means nothing happened.
	Script Script
	// After runs after them: an error means that it happened and the reply was lost.
	After Script
	// BadRow refuses single rows by their line.
	BadRow func(line string) *fault.Error
	// Level is the guarantee that the sink declares; empty: exactly once.
	Level pipeline.Guarantee

	opened   bool
	begun    bool // by this sink: an Open that is repeated finds its own leftovers
	buffer   []string
	accepted *pipeline.Batch // the last write, if its reply was lost
	calls    calls
}

var (
	_ pipeline.Sink      = (*MemSink)(nil)
	_ pipeline.Sealer    = (*MemSink)(nil)
	_ pipeline.Guarantor = (*MemSink)(nil)
	_ pipeline.Describer = (*MemSink)(nil)
)

// NewMemSink returns a sink over a store of its own.
func NewMemSink() *MemSink { return &MemSink{Store: &MemStore{}} }

// Calls returns what was called so far.
func (s *MemSink) Calls() []Call { return s.calls.made() }

// Describe names the sink.
func (s *MemSink) Describe() string { return "memory" }

// Guarantee is the declared level.
func (s *MemSink) Guarantee() (pipeline.Guarantee, string) {
	if s.Level == "" {
		return pipeline.ExactlyOnce, "a store in memory commits with the checkpoint"
	}
	return s.Level, "it was told to declare less"
}

// Need asks for everything.
func (s *MemSink) Need(*pipeline.Layout) pipeline.Need {
	return pipeline.Need{Raw: true, Columns: true}
}

type memReceipt struct {
	Lines int `json:"lines"`
}

// Open cuts the store to the last receipt.
func (s *MemSink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	return s.do(ctx, Call{Kind: "open"}, func(st *MemStore) error {
		var last memReceipt
		if o.Last != nil {
			if err := json.Unmarshal(o.Last, &last); err != nil {
				return err
			}
		} else if (st.sealed || st.begun && !s.begun && !o.Resumed) && !o.Overwrite {
			return fault.New(fault.OutputExists, "the store holds another run's lines")
		}
		if last.Lines > len(st.lines) {
			return fault.New(fault.OutputWrite, "the store holds %d lines, the receipt %d", len(st.lines), last.Lines)
		}
		if !o.Sealing {
			st.sealed = false
		}
		st.lines, st.committed, st.begun = st.lines[:last.Lines], last.Lines, true
		s.buffer, s.opened, s.begun = nil, true, true
		return nil
	})
}

// Write buffers lines, which a crash loses.
func (s *MemSink) Write(ctx context.Context, b *pipeline.Batch) error {
	var refused []pipeline.RowFault
	err := s.do(ctx, Call{Kind: "write", Split: b.Split.ID, Offset: b.First, Rows: b.Count()}, func(*MemStore) error {
		if s.accepted == b { // the reply to this very write was lost
			return nil
		}
		s.accepted = b
		eachRow(b, func(row int) {
			line := string(Line(b, row))
			if s.BadRow != nil {
				if err := s.BadRow(line); err != nil {
					refused = append(refused, pipeline.RowFault{Row: row, Err: err})
					return
				}
			}
			s.buffer = append(s.buffer, line)
		})
		return nil
	})
	if err != nil {
		return err
	}
	s.accepted = nil
	if refused != nil {
		return &pipeline.RowErrors{Rows: refused}
	}
	return nil
}

// Prepare makes the lines durable.
func (s *MemSink) Prepare(ctx context.Context, _ int64) (r pipeline.Receipt, err error) {
	err = s.do(ctx, Call{Kind: "prepare"}, func(st *MemStore) error {
		st.lines = append(st.lines, s.buffer...)
		s.buffer = nil
		r = fmt.Appendf(nil, `{"lines":%d}`, len(st.lines))
		return nil
	})
	return r, err
}

// Commit makes a receipt's lines final.
func (s *MemSink) Commit(ctx context.Context, r pipeline.Receipt) error {
	return s.do(ctx, Call{Kind: "commit"}, func(st *MemStore) error {
		var m memReceipt
		if err := json.Unmarshal(r, &m); err != nil {
			return err
		}
		st.committed = max(st.committed, m.Lines)
		return nil
	})
}

// Abort cuts off what was not committed.
func (s *MemSink) Abort(ctx context.Context) error {
	return s.do(ctx, Call{Kind: "abort"}, func(st *MemStore) error {
		st.lines, s.buffer = st.lines[:st.committed], nil
		return nil
	})
}

// Seal publishes the lines.
func (s *MemSink) Seal(ctx context.Context, r pipeline.Receipt) error {
	return s.do(ctx, Call{Kind: "seal"}, func(st *MemStore) error {
		var m memReceipt
		if r != nil {
			if err := json.Unmarshal(r, &m); err != nil {
				return err
			}
		}
		if m.Lines != st.committed || len(st.lines) != st.committed {
			return fmt.Errorf("seal of %d lines, committed are %d of %d", m.Lines, st.committed, len(st.lines))
		}
		st.sealed = true
		st.seals++
		return nil
	})
}

// Close forgets the buffer, as a crash would.
func (s *MemSink) Close() error {
	return s.do(context.Background(), Call{Kind: "close"}, func(*MemStore) error {
		s.buffer, s.opened = nil, false
		return nil
	})
}

// do runs a call between its scripts. A method that comes before Open is a mistake of the engine's.
func (s *MemSink) do(ctx context.Context, c Call, f func(*MemStore) error) error {
	c = s.calls.count(c)
	if err := s.Script.run(ctx, c); err != nil {
		return err
	}
	if !s.opened && c.Kind != "open" && c.Kind != "close" {
		return errors.New(c.Kind + " of a sink that is not open")
	}
	s.Store.mu.Lock()
	err := f(s.Store)
	s.Store.mu.Unlock()
	if err != nil {
		return err
	}
	return s.After.run(ctx, c)
}
