package host

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Host owns the processes of plugins. Close it to end them.
type Host struct {
	log zerolog.Logger

	mu    sync.Mutex
	owned []func() error // guarded by mu: what ends each process
}

// New makes a host. What plugins print goes to the log.
func New(log zerolog.Logger) *Host { return &Host{log: log} }

// Close ends every process, and returns when they are gone. It may come more than once; what the host made is of no use
// afterwards.
func (h *Host) Close() {
	h.mu.Lock()
	all := h.owned
	h.owned = nil
	h.mu.Unlock()
	var ends sync.WaitGroup
	for _, end := range all {
		ends.Go(func() { _ = end() }) // it has ended, if not as it should have
	}
	ends.Wait()
}

// own takes over what ends a process.
func (h *Host) own(end func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owned = append(h.owned, end)
}

// setTimeouts sets those that are not set.
func setTimeouts(start, call *time.Duration) {
	if *start == 0 {
		*start = startTimeout
	}
	if *call == 0 {
		*call = callTimeout
	}
}
