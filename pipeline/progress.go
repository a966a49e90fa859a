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
	samples []sample         // guarded by mu; of the last rateWindow
	rows    bool             // progress is counted in rows
	sizes   []int64          // of each split in the unit of progress
	done    []int64          // guarded by mu
	tallied time.Time        // guarded by mu
	stream  Stream           // guarded by mu; nil: none is followed
	reached map[*Split]int64 // guarded by mu; where a stream's splits stand
	at      map[*Split]int64 // guarded by mu; where they began
}

type sample struct {
	at   time.Time
	read int64
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
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Counts = w.ledger.counts
	b.s.LastProgress = now
	if now.Sub(b.tallied) > tallyEvery { // a gold tally is large
		b.tallied = now
		b.tally(w)
	}
	if batch.Streamed {
		if _, ok := b.at[batch.Split]; !ok {
			b.at[batch.Split] = batch.First
		}
		b.reached[batch.Split] = batch.Next.Offset
	} else if i, ok := b.index[batch.Split.ID]; ok {
		b.advance(i, batch.Split, batch.Next)
	}
	if n := len(b.samples); n == 0 || now.Sub(b.samples[n-1].at) > rateWindow/50 {
		b.samples = append(b.samples, sample{now, b.s.Counts.Read})
	}
	for len(b.samples) > 2 && now.Sub(b.samples[0].at) > rateWindow {
		b.samples = b.samples[1:]
	}
}

func (b *board) splitDone(s *Split) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i, ok := b.index[s.ID]; ok {
		b.finish(i)
	}
}

func (b *board) committed(w *writer, cp *checkpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Epoch, b.s.Committed = cp.Epoch, cp.Counts
	b.tally(w)
	w.p.lastReceipts = cp.Receipts
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
	b.s.LastError = err.Error()
}

func (b *board) recovered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.s.Phase == Retrying {
		b.s.Phase = Running
	}
}

func (b *board) snapshot(memory int64) Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.s
	s.Tally = b.s.Tally.clone()
	s.Splits = append([]SplitStatus(nil), b.s.Splits...)
	s.Memory = memory
	if b.stream != nil {
		s.Splits = b.holdings()
	}
	if n := len(b.samples); n > 1 {
		first, last := b.samples[0], b.samples[n-1]
		s.Rate = float64(last.read-first.read) / last.at.Sub(first.at).Seconds()
	}
	if elapsed := time.Since(s.Started); s.Phase == Running && s.Size > 0 && s.Done > 0 && s.Done < s.Size && elapsed > time.Second {
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
}

// tally copies the writer's counts. Callers hold mu.
func (b *board) tally(w *writer) {
	b.s.Tally, b.s.Sinks = w.tally.clone(), cloneCounts(w.sinks)
}

// follow begins to show the splits of a stream; nil ends that.
func (b *board) follow(s Stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stream = s
	b.reached, b.at = make(map[*Split]int64), make(map[*Split]int64)
	b.s.Splits = nil
}

// holdings are the stream's splits as they stand. Callers hold mu.
func (b *board) holdings() []SplitStatus {
	held := b.stream.Held()
	list := make([]SplitStatus, 0, len(held))
	for _, h := range held {
		st := SplitStatus{ID: h.Split.ID, Start: h.Split.Start, Next: h.Split.Start, End: h.Split.End, High: h.High}
		if at, ok := b.at[h.Split]; ok {
			st.Start, st.Next = at, b.reached[h.Split]
		}
		if h.High >= 0 && st.Next >= 0 {
			st.Lag = max(h.High-st.Next, 0)
		}
		list = append(list, st)
	}
	return list
}

// epochDone shows a stream's commit, and how long it took.
func (b *board) epochDone(w *writer, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Epoch, b.s.Committed = w.epoch, w.ledger.counts
	b.s.Counts = w.ledger.counts
	b.s.CommitTime = took
	b.s.LastCommit = time.Now()
	b.tally(w)
}

// rewound takes back what an aborted epoch had counted.
func (b *board) rewound(w *writer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Counts = w.ledger.counts
	b.samples = nil
	clear(b.reached)
	clear(b.at)
	b.tally(w)
}
