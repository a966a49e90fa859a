package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Repeatable is a request that may be sent again without making anything anew.
type Repeatable struct {
	Account, Method, Path string
	Key                   string // of the client: the header Idempotency-Key
	Body                  [sha256.Size]byte
}

// Made is what such a request was answered with. The answer is made anew of it: it may hold secrets, which are not kept.
type Made struct {
	Status   int
	Resource string // the id or name of what was made
}

// Memory remembers what requests have made.
type Memory interface {
	// Begin takes the request's key: nil. Or it returns what the request has made when it came before. A key that another
	// request holds is idem.in_progress, one that came with another body idem.mismatch.
	Begin(ctx context.Context, r Repeatable) (*Made, error)
	// End records what the holder of the key has made.
	End(ctx context.Context, r Repeatable, m Made) error
	// Drop gives the key back: what was refused is not kept.
	Drop(ctx context.Context, r Repeatable) error
}

// repeatable tells whether the request may come again.
func (c *call) repeatable() bool {
	_, given := c.r.Header["Idempotency-Key"]
	return given && c.server.cfg.Memory != nil
}

// once lets a request make something that answers with its resource, or, where the same request did that before, answers
// again with that resource. sum is the hash of its body.
func (c *call) once(sum [sha256.Size]byte, do func() (resource string, err error), again func(status int, resource string) error) error {
	if !c.repeatable() {
		_, err := do()
		return err
	}
	header, memory := c.r.Header["Idempotency-Key"], c.server.cfg.Memory
	r := Repeatable{Account: c.who.Account, Method: c.r.Method, Path: c.r.URL.Path, Key: header[0], Body: sum}
	if len(header) > 1 || !goodKey(r.Key) {
		return fault.New(fault.IdemKey, "the Idempotency-Key is not one text of 1 to %d printable characters", maxIdemKey)
	}
	made, err := memory.Begin(c.r.Context(), r)
	if fault.Is(err, fault.IdemProgress) {
		c.w.Header().Set("Retry-After", retryAfter)
	}
	if err != nil {
		return err
	}
	if made != nil {
		c.w.Header().Set("Idempotent-Replayed", "true")
		return again(made.Status, made.Resource)
	}
	ctx := context.WithoutCancel(c.r.Context()) // a client that has gone will ask again
	resource, err := do()
	if err != nil || c.status >= http.StatusInternalServerError {
		if dropped := memory.Drop(ctx, r); dropped != nil {
			c.server.log.Error().Err(dropped).Str("request_id", c.id).Msg("give an idempotency key back")
		}
		return err
	}
	if err := memory.End(ctx, r, Made{Status: c.status, Resource: resource}); err != nil {
		c.server.log.Error().Err(err).Str("request_id", c.id).Msg("record an idempotent answer")
	}
	return nil
}

// goodKey tells whether a key can be one: a header's value of printable characters.
func goodKey(key string) bool {
	if key == "" || len(key) > maxIdemKey || !utf8.ValidString(key) {
		return false
	}
	for _, r := range key {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}
