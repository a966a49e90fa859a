package pipeline

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// spot is where a split of a stream stands. The board's lock guards it.
type spot struct {
	start, next int64
	read        int64
	newest      time.Time // of the records that have their outcome
	pace        pace
}

// pace is how fast a count has grown over the last seconds.
type pace struct{ samples []sample }

type sample struct {
	at    time.Time
	count int64
}

func (p *pace) add(now time.Time, count int64) {
	if n := len(p.samples); n == 0 || now.Sub(p.samples[n-1].at) > rateWindow/50 {
		p.samples = append(p.samples, sample{now, count})
	}
	for len(p.samples) > 2 && now.Sub(p.samples[0].at) > rateWindow {
		p.samples = p.samples[1:]
	}
}

// rate is a second's growth; 0 when nothing has come for the whole window.
func (p *pace) rate(now time.Time) float64 {
	n := len(p.samples)
	if n < 2 || now.Sub(p.samples[n-1].at) > rateWindow {
		return 0
	}
	first, last := p.samples[0], p.samples[n-1]
	return float64(last.count-first.count) / last.at.Sub(first.at).Seconds()
}

// newest is the time of a batch's last record that has one; zero where the source gives none.
func newest(b *Batch) time.Time {
	if !b.Time.IsZero() {
		return b.Time
	}
	c, ok := b.Column(ColTime).(*array.Timestamp)
	if !ok {
		return time.Time{}
	}
	unit := c.DataType().(*arrow.TimestampType).Unit
	for row := c.Len() - 1; row >= 0; row-- {
		if c.IsValid(row) {
			return c.Value(row).ToTime(unit)
		}
	}
	return time.Time{}
}

// follow begins to show the splits of a stream; nil ends that.
func (b *board) follow(s Stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stream = s
	b.spots = make(map[*Split]*spot)
	b.s.Splits = nil
	b.s.Member = s != nil
	if s == nil {
		return
	}
	if b.joins++; b.joins > 1 {
		b.s.Rejoins++
	}
}

// reach enters that a batch of a stream has its outcomes. Callers hold mu.
func (b *board) reach(now time.Time, batch *Batch, newest time.Time) {
	p := b.spots[batch.Split]
	if p == nil {
		p = &spot{start: batch.First}
		b.spots[batch.Split] = p
	}
	p.next = batch.Next.Offset
	p.read += int64(batch.Len())
	p.pace.add(now, p.read)
	if newest.After(p.newest) {
		p.newest = newest
	}
}

// holdings are the stream's splits as they stand. Callers hold mu.
func (b *board) holdings(now time.Time) []SplitStatus {
	held := b.stream.Held()
	list := make([]SplitStatus, len(held))
	for i, h := range held {
		st := SplitStatus{ID: h.Split.ID, Start: h.Split.Start, Next: h.Split.Start, End: h.Split.End, High: h.High, Lost: h.Lost}
		if st.Next == 0 { // a source that does not tell where it goes on says so too: a lag of everything would alarm people
			st.Next = -1
		}
		var read int64
		if at := b.spots[h.Split]; at != nil {
			st.Start, st.Next, st.Watermark, st.Rate = at.start, at.next, at.newest, at.pace.rate(now)
			read = at.read
		}
		switch {
		case h.Backlog != nil:
			st.Counted, st.Lag = true, max(h.Backlog.Ahead+h.Backlog.Handed-read, 0)
		case h.High >= 0 && st.Next >= 0:
			st.Counted, st.Lag = true, max(h.High-st.Next, 0)
		}
		list[i] = st
	}
	return list
}

// standings are the holdings; none without a stream.
func (b *board) standings() []SplitStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stream == nil {
		return nil
	}
	return b.holdings(time.Now())
}

// epochDone shows a stream's commit, and how long it took where there was something to commit.
func (b *board) epochDone(w *writer, covers bool, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Epoch, b.s.Committed = w.epoch, w.ledger.counts
	b.s.Counts = w.ledger.counts
	b.s.CommittedTally = w.settled.tally // it is replaced, never changed
	if covers {
		b.commitEnded(took)
	}
	b.tally(w)
}

// epochAborted takes back what an aborted epoch had counted, if it had anything.
func (b *board) epochAborted(w *writer, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Counts = w.ledger.counts
	if lost {
		b.s.Aborted++
	}
	b.pace = pace{}
	clear(b.spots)
	b.tally(w)
}

// stalled shows which splits are, and reports whether that is news.
func (b *board) stalled(ids []string, since time.Time) (news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	news = b.s.StalledSince.IsZero() != since.IsZero()
	b.s.Stalled, b.s.StalledSince = ids, since
	return news
}

// reloaded shows how a reload went.
func (b *board) reloaded(g *generation, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Reloads.Last, b.s.Reloads.Error = time.Now(), ""
	if err != nil {
		b.s.Reloads.Refused++
		b.s.Reloads.Error = err.Error()
		return
	}
	b.s.Reloads.Done++
	b.s.Generation = g.number
}
