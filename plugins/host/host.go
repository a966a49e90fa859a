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
	owned []owned // guarded by mu, in the order of their start
}

// owned is a plugin that the host keeps running.
type owned struct {
	super *supervisor
	end   func() error // for good
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
	for _, o := range all {
		ends.Go(func() { _ = o.end() }) // it has ended, if not as it should have
	}
	ends.Wait()
}

// own takes over a plugin.
func (h *Host) own(s *supervisor, end func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owned = append(h.owned, owned{s, end})
}

// Status is what each plugin did so far, in the order of their start. It may be called at any time.
func (h *Host) Status() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Status
	at := make(map[[2]string]int)
	for _, o := range h.owned {
		key := [2]string{o.super.program.Name, kindNames[o.super.kind]}
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, Status{Plugin: key[0], Kind: key[1]})
		}
		o.super.meter.add(&all[i])
	}
	return all
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
