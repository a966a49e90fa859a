package http

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// send sends rows and enters what the endpoint says of each. It returns an error where some are still open: a transient
// one, or that of an endpoint that takes nothing.
func (s *Sink) send(ctx context.Context, e *encoded, rows []*row) error {
	a, err := s.post(ctx, e, rows)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		doubt(rows)
		return s.failed(0, "%v", err)
	}
	switch judge(a.status, rows) {
	case taken:
		s.gate.passed()
		return s.results(e, rows, a)
	case wait:
		if a.status >= 500 { // a proxy may have lost the answer
			doubt(rows)
		}
		return s.failed(a.retryAfter(), "it answers %s", a.statusText())
	case wrongEndpoint:
		return s.wrong(a)
	}
	s.gate.passed()
	if len(rows) == 1 {
		e.kill(rows[0], fault.New(fault.HTTPRefused, "%s answered %s%s", s.place(), a.statusText(), a.quote()))
		return nil
	}
	half := len(rows) / 2
	if err := s.send(ctx, e, rows[:half]); err != nil {
		return err
	}
	return s.send(ctx, e, rows[half:])
}

// doubt enters that rows may have arrived although nobody said so.
func doubt(rows []*row) {
	for _, r := range rows {
		r.doubtful = true
	}
}

// verdict is what an answer's status means.
type verdict uint8

const (
	taken         verdict = iota // all of them, or as the results say
	refused                      // some record is bad: it is found by halving
	wait                         // the same request may be taken later
	wrongEndpoint                // no request will be taken
)

// judge is the one place that decides whether a request is sent again.
func judge(status int, rows []*row) verdict {
	switch {
	case status >= 200 && status < 300:
		return taken
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return wait
	case status == http.StatusConflict && rows[0].doubtful:
		// The first try has arrived and is being worked on: that is what its key tells the endpoint.
		return wait
	case status < 400:
		// A redirect to another host, or by another method.
		return wrongEndpoint
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusGone, http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest:
		return wrongEndpoint
	}
	return refused
}

// failed enters a failure that may pass.
func (s *Sink) failed(after time.Duration, format string, args ...any) error {
	pause, failures := s.gate.failed(after)
	what := fmt.Sprintf(format, args...)
	if s.gate.isOpen() {
		what = fmt.Sprintf("%s; the circuit is open after %d failures in a row", what, failures)
	}
	return fault.New(fault.HTTPUnavailable, "%s; the next try comes in %s at the earliest", what, pause.Round(10*time.Millisecond)).
		At(fault.Where{File: s.place()})
}

// wrong is the error of an endpoint that takes nothing.
func (s *Sink) wrong(a *answer) error {
	err := fault.New(fault.HTTPEndpoint, "it answers %s", a.statusText()).At(fault.Where{File: s.place()})
	if u, bad := url.Parse(a.header.Get("Location")); a.status < 400 && bad == nil && u.String() != "" {
		u.RawQuery, u.User = "", nil
		return err.WithFix("redirects to other hosts, or by another method, are not followed; if you trust it, use %s", u)
	}
	return err
}

// result is what an endpoint says of one record.
type result struct {
	Index     *int            `json:"index"` // in the request; absent: as results stand
	Status    int             `json:"status"`
	Error     json.RawMessage `json:"error"` // a text, or an object with a message
	Retryable bool            `json:"retryable"`
}

// results enters the rows of a request that was taken, as a whole or in part: rows that no result names were taken.
func (s *Sink) results(e *encoded, rows []*row, a *answer) error {
	var reply struct {
		Results []result `json:"results"`
	}
	if a.cutShort() {
		doubt(rows)
		return s.failed(0, "its answer is cut short")
	}
	if len(a.body) > maxReply {
		return s.badReply("it is larger than %d bytes", maxReply)
	}
	if err := json.Unmarshal(a.body, &reply); err != nil && a.status == http.StatusMultiStatus {
		return s.badReply("a 207 without results in JSON: %v", err)
	}
	said := make([]*result, len(rows))
	for i := range reply.Results {
		r := &reply.Results[i]
		at := i
		if r.Index != nil {
			at = *r.Index
		}
		if at < 0 || at >= len(rows) {
			return s.badReply("result %d names record %d of %d", i, at, len(rows))
		}
		said[at] = r
	}
	again := 0
	for i, r := range said {
		switch {
		case r == nil || r.good():
			e.take(rows[i])
		case r.later():
			again++
		default:
			e.kill(rows[i], fault.New(fault.HTTPRefused, "%s refused the record%s", s.place(), r.reason()))
		}
	}
	if again == 0 {
		return nil
	}
	after := a.retryAfter()
	if again < len(rows) {
		return fault.New(fault.HTTPUnavailable, "%d of %d records are to be sent again", again, len(rows)).At(fault.Where{File: s.place()})
	}
	return s.failed(after, "it asks to send all %d records again", again)
}

func (s *Sink) badReply(format string, args ...any) error {
	return fault.New(fault.HTTPReply, "the answer can't be used: "+format, args...).At(fault.Where{File: s.place()})
}

func (r *result) good() bool {
	none := len(r.Error) == 0 || string(r.Error) == "null" || string(r.Error) == "false" || string(r.Error) == `""`
	return !r.Retryable && (r.Status == 0 && none || r.Status >= 200 && r.Status < 300)
}

func (r *result) later() bool {
	return r.Retryable || r.Status >= 500 || r.Status == http.StatusTooManyRequests || r.Status == http.StatusRequestTimeout
}

// reason is why a record was refused, as far as the endpoint says.
func (r *result) reason() string {
	var object struct{ Message, Reason, Error string }
	text := string(r.Error)
	var plain string
	if json.Unmarshal(r.Error, &plain) == nil {
		text = plain
	} else if json.Unmarshal(r.Error, &object) == nil && object.Message+object.Reason+object.Error != "" {
		text = object.Message + object.Reason + object.Error
	}
	a := answer{body: []byte(text)}
	if r.Status != 0 {
		return fmt.Sprintf(" (%d)%s", r.Status, a.quote())
	}
	return a.quote()
}
