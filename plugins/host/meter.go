package host

import (
	"sync"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// meter counts what a plugin did, over all of its processes. Safe for concurrent use.
type meter struct {
	mu       sync.Mutex
	restarts int64              // guarded by mu
	inFlight int64              // guarded by mu: calls that have begun and not ended
	rows     int64              // guarded by mu
	took     pipeline.Histogram // guarded by mu: of calls that have ended
	used     usage              // guarded by mu: as it was last looked at
}

// call counts a call that begins, and returns what counts its end, with the rows that it brought through.
func (m *meter) call() (end func(rows int64)) {
	begun := time.Now()
	m.mu.Lock()
	m.inFlight++
	m.mu.Unlock()
	return func(rows int64) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.inFlight--
		m.rows += rows
		m.took.Add(time.Since(begun))
	}
}

func (m *meter) restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.restarts++
}

func (m *meter) hold(u usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used = u
}

// count is how many calls have ended, and whether some have not.
func (m *meter) count() (ended int64, busy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.took.Count(), m.inFlight > 0
}

// Status is what a plugin did and what it holds, as one kind. Several of the same name and kind count together.
type Status struct {
	Plugin   string
	Kind     string // classifier, source or sink
	Restarts int64  // processes that ended and should not have
	InFlight int64  // calls that have begun and not ended
	Rows     int64  // that went through
	Calls    pipeline.Histogram
	Resident int64         // bytes of memory of its processes; looked at every few seconds
	CPU      time.Duration // of the processes that run
}

// add adds what is counted to a status.
func (m *meter) add(s *Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Restarts += m.restarts
	s.InFlight += m.inFlight
	s.Rows += m.rows
	for i, n := range m.took.Counts {
		s.Calls.Counts[i] += n
	}
	s.Calls.Sum += m.took.Sum
	s.Resident += m.used.resident
	s.CPU += m.used.cpu
}
