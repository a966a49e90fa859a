package api

import (
	"strconv"
	"sync"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rates count the requests of each key in the current minute. It is safe for concurrent use.
type rates struct {
	limit int // of a minute; 0: none

	mu     sync.Mutex
	minute int64          // guarded by mu; since 1970
	used   map[string]int // guarded by mu; by account and key
}

// take counts a request, and returns how many are left and when the next minute begins; -1: it was one too many.
func (r *rates) take(who Identity, now time.Time) (left int, reset time.Time) {
	minute := now.Unix() / 60
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute != r.minute || r.used == nil {
		r.minute, r.used = minute, make(map[string]int)
	}
	name := who.Account + "/" + who.Key
	left = r.limit - r.used[name] - 1
	if left >= 0 {
		r.used[name]++
	}
	return max(left, -1), time.Unix((minute+1)*60, 0)
}

// limit holds a request to the rate of its key, and says in headers where that stands.
func (c *call) limit() error {
	r := &c.server.rates
	if r.limit == 0 {
		return nil
	}
	now := c.server.cfg.Now()
	left, reset := r.take(c.who, now)
	h := c.w.Header()
	h.Set("X-RateLimit-Limit-Requests", strconv.Itoa(r.limit))
	h.Set("X-RateLimit-Remaining-Requests", strconv.Itoa(max(left, 0)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	if left >= 0 {
		return nil
	}
	h.Set("Retry-After", strconv.FormatInt(max(int64(reset.Sub(now)/time.Second), 1), 10))
	return fault.New(fault.RateExceeded, "the key has made the %d requests that it may make in a minute", r.limit)
}
