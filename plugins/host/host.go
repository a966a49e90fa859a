package host

import (
	"sync"

	"github.com/rs/zerolog"
)

// Host owns the processes of plugins. Close it to end them.
type Host struct {
	log zerolog.Logger

	mu          sync.Mutex
	classifiers []*Classifier // guarded by mu
}

// New makes a host. What plugins print goes to the log.
func New(log zerolog.Logger) *Host { return &Host{log: log} }

// Close ends every process, and returns when they are gone. It may come more than once; what the host made is of no use
// afterwards.
func (h *Host) Close() {
	h.mu.Lock()
	all := h.classifiers
	h.classifiers = nil
	h.mu.Unlock()
	var ends sync.WaitGroup
	for _, c := range all {
		ends.Go(func() { _ = c.Close() }) // it has ended, if not as it should have
	}
	ends.Wait()
}
