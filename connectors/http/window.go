package http

import (
	"crypto/sha256"
	"sync"
	"time"
)

// bodySum is the hash of a body.
type bodySum = [sha256.Size]byte

// window remembers the requests that came with an Idempotency-Key: those on their way, and the answers of the last ones
// that were committed.
type window struct {
	mu    sync.Mutex
	keys  map[string]*entry // guarded by mu
	order []*entry          // guarded by mu; committed ones, oldest first
	bytes int               // guarded by mu; of order
}

type entry struct {
	key     string
	request *request // its reply once done is closed
	size    int
	at      time.Time // of the commit
}

func newWindow() *window { return &window{keys: make(map[string]*entry)} }

// begin enters a request under its key, unless there is one: then it returns that.
func (w *window) begin(r *request) (before *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trim()
	if e := w.keys[r.key]; e != nil {
		return e.request
	}
	w.keys[r.key] = &entry{key: r.key, request: r}
	return nil
}

// end keeps a request's answer if it was committed, else forgets it.
func (w *window) end(r *request) {
	if r.key == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.keys[r.key]
	switch {
	case e == nil || e.request != r:
	case r.reply.status >= 300:
		delete(w.keys, r.key)
	default:
		e.size, e.at = len(r.key)+len(r.reply.body)+512, time.Now()
		w.order = append(w.order, e)
		w.bytes += e.size
		w.trim()
	}
}

// trim forgets what is too old or too much. Callers hold mu.
func (w *window) trim() {
	for len(w.order) > 0 && (w.bytes > windowBytes || time.Since(w.order[0].at) > windowAge) {
		e := w.order[0]
		w.order[0] = nil
		w.order = w.order[1:]
		w.bytes -= e.size
		delete(w.keys, e.key)
	}
}
