package http

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// handler takes the requests of clients. Many goroutines use it at once.
type handler struct {
	cfg    *SourceConfig
	keys   keyring
	queue  *queue
	window *window
}

// refusal is a request that is not taken.
type refusal struct {
	status int
	err    *fault.Error
	retry  string // Retry-After
}

func (r *refusal) Error() string { return r.err.Error() }

func refuse(status int, code *fault.Code, format string, args ...any) *refusal {
	return &refusal{status: status, err: fault.New(code, format, args...)}
}

func busy(what string) *refusal {
	r := refuse(http.StatusServiceUnavailable, fault.HTTPBusy, "%s", what)
	r.retry = retryBusy
	return r
}

func (r *refusal) reply() reply {
	a := jsonReply(r.status, struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Fix     string `json:"fix,omitempty"`
	}{r.err.Code.ID, r.err.What, r.err.Remedy()})
	a.retry = r.retry
	return a
}

// closing is the answer of requests that are not committed when the stream ends.
func closing() reply {
	r := busy("the pipeline is stopping, or begins anew")
	r.retry = retryClosing
	return r.reply()
}

// errGone says that a client went away before its answer.
var errGone = errors.New("the client is gone")

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := h.serve(w, r)
	var refused *refusal
	switch {
	case errors.Is(err, errGone):
		return
	case errors.As(err, &refused):
		a = refused.reply()
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if a.retry != "" {
		header.Set("Retry-After", a.retry)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that does not read its answer sends the request again
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) (reply, error) {
	caller, err := h.admit(w, r)
	if err != nil {
		return reply{}, err
	}
	req, err := h.receive(w, r, caller)
	if err != nil {
		return reply{}, err
	}
	if req.body == nil { // there is no record in it
		return req.outcome(), nil
	}
	if req.key != "" {
		if before := h.window.begin(req); before != nil {
			h.queue.release(req.cost)
			return h.again(w, r, req, before)
		}
	}
	if !h.queue.add(req) {
		h.queue.release(req.cost)
		req.reply = closing()
		h.window.end(req)
		close(req.done) // others may wait for it by its key
		return req.reply, nil
	}
	return h.wait(r, req)
}

// again answers a request whose key was used before.
func (h *handler) again(w http.ResponseWriter, r *http.Request, req, before *request) (reply, error) {
	if before.sum != req.sum {
		return reply{}, refuse(http.StatusUnprocessableEntity, fault.HTTPIdempotency, "the Idempotency-Key was used with another body")
	}
	h.queue.join(before)
	a, err := h.wait(r, before)
	if err == nil && a.status == http.StatusOK {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	return a, err
}

// wait waits for a request's reply, or for its client to go away.
func (h *handler) wait(r *http.Request, req *request) (reply, error) {
	select {
	case <-req.done:
		return req.reply, nil
	case <-r.Context().Done():
		h.queue.leave(req)
		return reply{}, errGone
	}
}

// admit checks everything about a request but its body. It returns which key it showed.
func (h *handler) admit(w http.ResponseWriter, r *http.Request) (caller int, err error) {
	caller = h.keys.find(r)
	switch {
	case len(h.keys) > 0 && caller < 0:
		w.Header().Set("WWW-Authenticate", "Bearer")
		return 0, refuse(http.StatusUnauthorized, fault.HTTPAuth, "no valid key was sent")
	case len(h.keys) == 0 && !h.cfg.Insecure && foreign(r):
		return 0, refuse(http.StatusForbidden, fault.HTTPOrigin, "the request comes from a web page, or names another host")
	case r.URL.Path != h.cfg.Path:
		return 0, refuse(http.StatusNotFound, fault.HTTPRoute, "records are posted to %s", h.cfg.Path)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return 0, refuse(http.StatusMethodNotAllowed, fault.HTTPRoute, "records are sent by POST")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" && e != "gzip" {
		w.Header().Set("Accept-Encoding", "gzip")
		return 0, refuse(http.StatusUnsupportedMediaType, fault.HTTPMedia, "the content encoding %q can't be read", e)
	}
	if t := r.Header.Get("Content-Type"); t != "" {
		if kind, _, err := mime.ParseMediaType(t); err != nil || !slices.Contains(mediaTypes, kind) {
			w.Header().Set("Accept-Post", mediaTypes[0])
			return 0, refuse(http.StatusUnsupportedMediaType, fault.HTTPMedia, "the media type %q is not NDJSON's", t)
		}
	}
	if len(r.Header.Get(headerKey)) > maxKey {
		return 0, refuse(http.StatusUnprocessableEntity, fault.HTTPIdempotency, "the Idempotency-Key is longer than %d bytes", maxKey)
	}
	return caller, nil
}

const headerKey = "Idempotency-Key"

// Headers of W3C Trace Context, which a batch of the request's records is linked by.
const (
	headerParent = "traceparent"
	headerState  = "tracestate"
)

// mediaTypes are the names that NDJSON goes by.
var mediaTypes = []string{
	"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines",
	"application/json", "text/plain",
}

// receive reads the body. A request without records has none afterwards, and holds no room.
func (h *handler) receive(w http.ResponseWriter, r *http.Request, caller int) (_ *request, err error) {
	if !h.queue.reserve(requestCost) {
		return nil, busy("there is no room for another request now")
	}
	req := &request{cost: requestCost, done: make(chan struct{})}
	keep := false
	defer func() {
		if !keep {
			h.queue.release(req.cost)
		}
	}()
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, held, err := readBody(w, r, h.queue, int64(h.cfg.MaxBody))
	req.cost += held
	if err != nil {
		return nil, err
	}
	_ = rc.SetReadDeadline(time.Time{}) // from here on a read only notices that the client goes away
	body = bytes.TrimPrefix(body, bom)
	lines, records, err := look(body)
	if err != nil || !records {
		return req, err
	}
	keep = true
	req.body, req.lines = body, lines
	req.trace.Parent = r.Header.Get(headerParent)
	if states := r.Header.Values(headerState); len(states) > 0 {
		req.trace.State = strings.Join(states, ",")
	}
	if key := r.Header.Get(headerKey); key != "" {
		req.key, req.sum = fmt.Sprintf("%d %s", caller, key), sha256.Sum256(body)
	}
	return req, nil
}
