package api

import (
	"net/http"
	"slices"
)

// crossOrigin lets another site's page read an answer.
var crossOrigin = []string{"cross-origin"}

// What pages of other sites may send, and read of answers.
const (
	sentHeaders = "Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-Match, Range"
	readHeaders = "X-Request-Id, X-Cache, X-Cache-Age, X-Cache-Key, X-Tokens-Used, X-RateLimit-Limit-Requests, X-RateLimit-Remaining-Requests, " +
		"X-RateLimit-Limit-Tokens, X-RateLimit-Remaining-Tokens, X-RateLimit-Reset, Retry-After, ETag, Link, Idempotent-Replayed, Content-Range"
	preflightFor = "600" // seconds
)

// shareWith lets pages of an origin that the settings name read the answer. They send their key in a header: there are no
// cookies that a browser would add.
func (c *call) shareWith(origin string) {
	cors := c.server.cfg.CORS
	if cors == nil {
		return
	}
	h := c.w.Header()
	h.Add("Vary", "Origin")
	if origin == "" || !slices.Contains(cors.Origins, origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", readHeaders)
	h["Cross-Origin-Resource-Policy"] = crossOrigin
	if c.r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Headers", sentHeaders)
		h.Set("Access-Control-Max-Age", preflightFor)
	}
}
