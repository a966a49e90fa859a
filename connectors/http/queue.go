package http

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"sync"

	"github.com/winnow-stream/winnow/pipeline"
)

// queue holds the requests that are not answered yet, in the order in which they are read, and the room for them.
type queue struct {
	limit  int64
	window *window
	wake   chan struct{} // holds a token when there may be something to read

	mu     sync.Mutex
	used   int64      // guarded by mu; bytes
	list   []*request // guarded by mu
	read   int        // guarded by mu; list[:read] are read to their ends
	offset int64      // guarded by mu; of the next line to be read
	high   int64      // guarded by mu; offset after the last line that is here
	closed bool       // guarded by mu
	err    error      // guarded by mu; why nothing more will come
}

func newQueue(limit, offset int64, w *window) *queue {
	return &queue{limit: limit, window: w, wake: make(chan struct{}, 1), offset: offset, high: offset}
}

// reserve takes n bytes of room, if there are as many.
func (q *queue) reserve(n int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.used+n > q.limit {
		return false
	}
	q.used += n
	return true
}

func (q *queue) release(n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= n
}

// add takes over a request and the room that it holds; false where the queue is closed.
func (q *queue) add(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	r.waiting++
	q.list = append(q.list, r)
	q.high += r.lines
	q.notify()
	return true
}

// join lets one more client wait for a request.
func (q *queue) join(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r.waiting++
}

// leave is called when a client has gone before the reply.
func (q *queue) leave(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r.waiting--
}

func (q *queue) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next waits for lines and returns them as a batch.
func (q *queue) next(ctx context.Context, split *pipeline.Split, want pipeline.Projection) (*pipeline.Batch, error) {
	for {
		if b, err := q.take(split, want); b != nil || err != nil {
			return b, err
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take makes a batch of the lines that wait; nil where none does.
func (q *queue) take(split *pipeline.Split, want pipeline.Projection) (*pipeline.Batch, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := newCutter(split, want, q.offset)
	defer c.free()
	for q.read < len(q.list) && !c.full() {
		r := q.list[q.read]
		if !r.began && r.waiting == 0 { // nobody was answered, and nothing is done yet: it will come again
			q.list = slices.Delete(q.list, q.read, q.read+1)
			q.high -= r.lines
			q.finish(r, closing())
			continue
		}
		if !r.began {
			r.began, r.first, r.next = true, q.offset, q.offset
		}
		if want.Traces && r.trace.Parent != "" {
			c.batch.Parents = append(c.batch.Parents, r.trace)
		}
		for r.at < len(r.body) && !c.full() {
			end := len(r.body)
			if n := bytes.IndexByte(r.body[r.at:], '\n'); n >= 0 {
				end = r.at + n + 1
			}
			c.add(r.body[r.at:end])
			r.at = end
			r.next++
			q.offset++
		}
		if r.at == len(r.body) {
			r.body, r.at = nil, 0
			q.read++
		}
	}
	if q.offset == c.batch.First {
		return nil, q.err
	}
	return c.seal(q.offset), nil
}

// observe enters what became of a batch's rows.
func (q *queue) observe(b *pipeline.Batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	offsets := b.Offsets()
	at := 0
	for row, offset := range offsets {
		for offset >= q.list[at].next {
			at++
		}
		fate := pipeline.Live
		if b.Fates != nil {
			fate = b.Fates[row]
		}
		q.list[at].observe(fate)
	}
	for _, f := range b.Faults {
		offset := offsets[f.Row]
		r := q.list[sort.Search(len(q.list), func(i int) bool { return !q.list[i].began || q.list[i].next > offset })]
		if len(r.rejected) < maxRejected {
			r.rejected = append(r.rejected, rejection{Line: offset - r.first + 1, Code: f.Err.Code.ID, Message: f.Err.What})
		}
	}
}

// settle answers the requests whose lines all lie before next: they are committed.
func (q *queue) settle(next int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < q.read && q.list[n].next <= next {
		q.finish(q.list[n], q.list[n].outcome())
		n++
	}
	q.list = slices.Delete(q.list, 0, n)
	q.read -= n
}

// fail makes next return err once nothing waits any more.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
	q.notify()
}

// close refuses what is here and what comes: the clients are to send it again.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, r := range q.list {
		q.finish(r, closing())
	}
	q.list, q.read = nil, 0
}

// finish answers a request that has left the list. Callers hold mu.
func (q *queue) finish(r *request, a reply) {
	r.reply = a
	r.body = nil
	q.used -= r.cost
	q.window.end(r)
	close(r.done)
}

func (q *queue) highest() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.high
}
