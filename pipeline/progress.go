package pipeline

import (
	"sync"
	"time"
)

const (
	rateWindow = 5 * time.Second        // how far Status.Rate looks back
	tallyEvery = 100 * time.Millisecond // how often Status.Tally is brought up to date
)

// board keeps the pipeline's status. The writer updates it once a batch; anybody reads snapshots.
type board struct {
	mu      sync.Mutex
	s       Status           // guarded by mu
	index   map[string]int   // of s.Splits by ID; fixed once set
	pace    pace             // guarded by mu; of all records
	rows    bool             // progress is counted in rows
	sizes   []int64          // of each split in the unit of progress
	done    []int64          // guarded by mu
	tallied time.Time        // guarded by mu
	stream  Stream           // guarded by mu; nil: none is followed
	joins   int64            // guarded by mu
	spots   map[*Split]*spot // guarded by mu; where a stream's splits stand
}

func (b *board) begin(name, runID string, resumed bool, splits []*Split, first int, next func(*Split) Position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Name, b.s.RunID, b.s.Resumed, b.s.Started = name, runID, resumed, time.Now()
	b.s.LastProgress = b.s.Started
	b.rows = true
	for _, s := range splits {
		b.rows = b.rows && s.End >= 0
	}
	b.index = make(map[string]int, len(splits))
	b.sizes, b.done = make([]int64, len(splits)), make([]int64, len(splits))
	b.s.Splits = make([]SplitStatus, len(splits))
	for i, s := range splits {
		b.index[s.ID] = i
		b.sizes[i] = s.Size
		if b.rows {
			b.sizes[i] = s.End - s.Start
		}
		b.s.Size += b.sizes[i]
		p := next(s)
		b.s.Splits[i] = SplitStatus{ID: s.ID, Start: s.Start, Next: p.Offset, End: s.End}
		if i < first {
			b.finish(i)
		} else {
			b.advance(i, s, p)
		}
	}
}

// advance moves a split's progress to a position. Callers hold mu.
func (b *board) advance(i int, s *Split, p Position) {
	at := p.Read
	if b.rows {
		at = p.Offset - s.Start
	}
	if at > b.done[i] {
		b.s.Done += at - b.done[i]
		b.done[i] = at
	}
	b.s.Splits[i].Next = p.Offset
}

func (b *board) finish(i int) {
	b.s.Done += b.sizes[i] - b.done[i]
	b.done[i] = b.sizes[i]
	b.s.Splits[i].Done = true
	if b.s.Splits[i].End >= 0 {
		b.s.Splits[i].Next = b.s.Splits[i].End
	}
}

func (b *board) progress(w *writer, batch *Batch) {
	now := time.Now()
	var last time.Time
	if batch.Streamed {
		last = newest(batch)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Counts = w.ledger.counts
	b.s.LastProgress = now
	if batch.Labels != nil {
		b.s.ClassifyTimes.Add(batch.classified)
	}
	if now.Sub(b.tallied) > tallyEvery { // a gold tally is large
		b.tallied = now
		b.tally(w)
	}
	if batch.Streamed {
		b.reach(now, batch, last)
	} else if i, ok := b.index[batch.Split.ID]; ok {
		b.advance(i, batch.Split, batch.Next)
	}
	b.pace.add(now, b.s.Counts.Read)
}

func (b *board) splitDone(s *Split) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i, ok := b.index[s.ID]; ok {
		b.finish(i)
	}
}

func (b *board) committed(w *writer, cp *checkpoint, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Epoch, b.s.Committed = cp.Epoch, cp.Counts
	b.tally(w)
	b.s.CommittedTally = b.s.Tally // it is replaced, never changed
	b.commitEnded(took)
	w.p.lastReceipts = cp.Receipts
}

// commitEnded counts a commit. Callers hold mu.
func (b *board) commitEnded(took time.Duration) {
	b.s.Commits++
	b.s.CommitTimes.Add(took)
	b.s.CommitTime, b.s.LastCommit = took, time.Now()
}

func (b *board) phase(p Phase) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Phase = p
}

func (b *board) retrying(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.s.Phase == Running {
		b.s.Phase = Retrying
	}
	b.s.LastError, b.s.Trouble = err.Error(), err
}

func (b *board) recovered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Trouble = nil
	if b.s.Phase == Retrying {
		b.s.Phase = Running
	}
}

func (b *board) snapshot(memory int64) Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, now := b.s, time.Now()
	s.Tally = b.s.Tally.clone()
	s.Splits = append([]SplitStatus(nil), b.s.Splits...)
	s.Memory = memory
	if b.stream != nil {
		s.Splits = b.holdings(now)
	}
	s.Rate = b.pace.rate(now)
	if elapsed := now.Sub(s.Started); s.Phase == Running && s.Size > 0 && s.Done > 0 && s.Done < s.Size && elapsed > time.Second {
		s.ETA = time.Duration(float64(elapsed) * float64(s.Size-s.Done) / float64(s.Done))
	}
	return s
}

func cloneCounts(m map[string]int64) map[string]int64 {
	c := make(map[string]int64, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// restored shows what an earlier process had committed.
func (b *board) restored(w *writer, cp *checkpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Counts, b.s.Committed, b.s.Epoch = cp.Counts, cp.Counts, cp.Epoch
	b.tally(w)
	b.s.CommittedTally = b.s.Tally
}

// tally copies the writer's counts. Callers hold mu.
func (b *board) tally(w *writer) {
	b.s.Tally, b.s.Sinks = w.tally.clone(), cloneCounts(w.sinks)
	if w.p.streamer != nil {
		b.s.Drift = w.drift.value(time.Now())
	}
}
