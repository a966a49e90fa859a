package demo

import (
	"encoding/json"
	"sync"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

// Latest keeps the last labelled records. It is safe for concurrent use.
type Latest struct {
	mu   sync.Mutex
	last []term.Labelled // guarded by mu; oldest first
}

// shown is how many records are kept.
const shown = 8

// Add takes the value of a labelled record.
func (l *Latest) Add(value []byte) {
	var r term.Labelled
	if json.Unmarshal(value, &r) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last = append(l.last, r); len(l.last) > shown {
		l.last = l.last[1:]
	}
}

// List returns them, oldest first.
func (l *Latest) List() []term.Labelled {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]term.Labelled(nil), l.last...)
}
