package api

import (
	"strconv"
	"sync"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rates count what each key has used of the current minute. It is safe for concurrent use.
type rates struct {
	requests int   // that a key may make in a minute; 0: any number
	tokens   int64 // that their texts may have; 0: any number

	mu     sync.Mutex
	minute int64            // guarded by mu; since 1970
	used   map[string]spent // guarded by mu; by account and key
}

// spent is what a key has used. How many tokens texts have is known when they are answered: what they have above the limit
// counts in the minutes that follow.
type spent struct {
	requests int
	tokens   int64
}

// standing is where a key's rates stand.
type standing struct {
	requests int       // left; less than 0: the last one was one too many
	tokens   int64     // left; less than 0: so many were used ahead
	reset    time.Time // when the next minute begins
}

// take counts what a key uses.
func (r *rates) take(who Identity, now time.Time, more spent) standing {
	minute := now.Unix() / 60
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute != r.minute || r.used == nil {
		r.used, r.minute = r.owed(minute-r.minute), minute
	}
	name := who.Account + "/" + who.Key
	s := r.used[name]
	left := standing{requests: r.requests - s.requests - more.requests, reset: time.Unix((minute+1)*60, 0)}
	if r.requests == 0 || left.requests >= 0 {
		s.requests += more.requests
	}
	s.tokens += more.tokens
	r.used[name] = s
	left.tokens = r.tokens - s.tokens
	return left
}

// owed is what keys have used ahead, so many minutes later.
func (r *rates) owed(minutes int64) map[string]spent {
	later := make(map[string]spent)
	for name, s := range r.used {
		if ahead := s.tokens - r.tokens*max(minutes, 1); ahead > 0 { // a clock may go back
			later[name] = spent{tokens: ahead}
		}
	}
	return later
}

// limit holds a request to the rates of its key, and says in headers where these stand.
func (c *call) limit() error {
	r := &c.server.rates
	if r.requests == 0 && r.tokens == 0 {
		return nil
	}
	now := c.server.cfg.Now()
	left := r.take(c.who, now, spent{requests: 1})
	c.tellRates(left)
	if r.requests == 0 || left.requests >= 0 {
		return nil
	}
	c.comeAgain(now, left.reset)
	return fault.New(fault.RateExceeded, "the key has made the %d requests that it may make in a minute", r.requests)
}

// affordable refuses a request with texts where its key has no tokens left.
func (c *call) affordable() error {
	r := &c.server.rates
	if r.tokens == 0 {
		return nil
	}
	now := c.server.cfg.Now()
	left := r.take(c.who, now, spent{})
	if left.tokens > 0 {
		return nil
	}
	c.comeAgain(now, left.reset.Add(time.Duration(-left.tokens/r.tokens)*time.Minute))
	return fault.New(fault.RateExceeded, "the key has used the %d tokens that it may use in a minute", r.tokens)
}

// spend counts the tokens of texts that were answered.
func (c *call) spend(tokens int64) {
	if r := &c.server.rates; r.tokens > 0 {
		c.tellRates(r.take(c.who, c.server.cfg.Now(), spent{tokens: tokens}))
	}
}

// tellRates says in headers where the rates that are set stand.
func (c *call) tellRates(left standing) {
	r, h := &c.server.rates, c.w.Header()
	if r.requests > 0 {
		h.Set("X-RateLimit-Limit-Requests", strconv.Itoa(r.requests))
		h.Set("X-RateLimit-Remaining-Requests", strconv.Itoa(max(left.requests, 0)))
	}
	if r.tokens > 0 {
		h.Set("X-RateLimit-Limit-Tokens", strconv.FormatInt(r.tokens, 10))
		h.Set("X-RateLimit-Remaining-Tokens", strconv.FormatInt(max(left.tokens, 0), 10))
	}
	h.Set("X-RateLimit-Reset", strconv.FormatInt(left.reset.Unix(), 10))
}

// comeAgain says when a request that was refused may come again.
func (c *call) comeAgain(now, then time.Time) {
	h := c.w.Header()
	h.Set("X-RateLimit-Reset", strconv.FormatInt(then.Unix(), 10))
	h.Set("Retry-After", strconv.FormatInt(int64((then.Sub(now)+time.Second-1)/time.Second), 10))
}
