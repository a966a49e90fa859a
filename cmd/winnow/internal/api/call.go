package api

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// call is one request on its way. The goroutine that serves it owns it; nothing of it is kept.
type call struct {
	server *Server
	route  *route
	w      http.ResponseWriter
	r      *http.Request
	id     string
	who    Identity
	begun  time.Time

	status int   // that was answered; 0: nothing yet
	sent   int64 // bytes of the answer's body
	room   int64 // bytes that it holds of the server's room for bodies
	body   arrivingBody
	code   string
}

// Values of headers that every answer has. Nobody changes them.
var (
	nosniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'; sandbox"}
	plainJSON  = []string{"application/json"}
)

// serve leads a request of a path from its arrival to the log.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, p *place) {
	c := &call{server: s, route: &p.routes[0], w: w, r: r, id: newID(), begun: time.Now()}
	h := w.Header()
	h["X-Request-Id"] = []string{c.id}
	h["X-Content-Type-Options"] = nosniff
	h["Cache-Control"] = noStore
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Content-Security-Policy"] = noContent
	c.shareWith(r.Header.Get("Origin"))
	defer c.end()
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { // the value that net/http documents
				panic(p)
			}
			s.log.Error().Str("request_id", c.id).Any("panic", p).Bytes("stack", debug.Stack()).Msg("request panicked")
			c.code = c.fail(fault.New(fault.Internal, "panic")).ID
		}
	}()
	if err := c.answer(p); err != nil {
		c.code = c.fail(err).ID
	}
}

// answer finds out who asks, and lets the route answer.
func (c *call) answer(p *place) error {
	if c.server.draining.Load() {
		c.w.Header().Set("Connection", "close")
		return fault.New(fault.ServerDraining, "the server is shutting down")
	}
	if err := c.admit(); err != nil {
		return err
	}
	route, err := p.find(c)
	if err != nil || route == nil {
		return err
	}
	c.route = route
	if err := c.unambiguous(); err != nil {
		return err
	}
	if err := c.authorize(); err != nil {
		return err
	}
	return route.handle(c)
}

// end counts and logs what became of the request.
func (c *call) end() {
	s := c.server
	c.leaveRoom()
	took := time.Since(c.begun)
	s.metrics.request(c, took)
	e := s.log.Info().Str("request_id", c.id).Str("method", c.route.logged(c.r.Method)).Str("route", c.route.path).
		Int("status", c.status).Int64("sent", c.sent).Dur("took_ms", took)
	if c.who.Account != "" {
		e = e.Str("account", c.who.Account)
	}
	if c.who.Key != "" {
		e = e.Str("key", c.who.Key)
	}
	if c.code != "" {
		e = e.Str("code", c.code)
	}
	e.Msg("request")
}

// json answers with JSON.
func (c *call) json(status int, body []byte) {
	c.w.Header()["Content-Type"] = plainJSON
	c.write(status, body)
}

// text answers with a text of a media type.
func (c *call) text(status int, media, body string) {
	c.w.Header().Set("Content-Type", media)
	c.write(status, []byte(body))
}

func (c *call) write(status int, body []byte) {
	c.status = status
	if len(body) < minCompressed || !acceptsGzip(c.r.Header) {
		c.w.WriteHeader(status)
		n, _ := c.w.Write(body) // whoever asked may be gone
		c.sent += int64(n)
		return
	}
	counted := &counting{ResponseWriter: c.w}
	z := compress(counted)
	c.w.WriteHeader(status)
	_, _ = z.Write(body)
	_ = z.Close()
	c.sent += counted.sent
}

// base is the address that the client reaches the server by; nothing where its request names another host, which may be an
// attacker's.
func (c *call) base() string {
	switch {
	case c.server.cfg.PublicURL != "":
		return c.server.cfg.PublicURL
	case c.foreignHost():
		return ""
	}
	scheme, host := "http", c.r.Host
	if c.r.TLS != nil {
		scheme = "https"
	}
	if c.proxied() {
		if h := c.r.Header.Get("X-Forwarded-Proto"); h == "http" || h == "https" {
			scheme = h
		}
		if h := c.r.Header.Get("X-Forwarded-Host"); goodHost(h) {
			host = h
		}
	}
	return scheme + "://" + host
}

// newID is a request's id: 96 random bits.
func newID() string {
	var raw [12]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return "req_" + hex.EncodeToString(raw[:])
}
