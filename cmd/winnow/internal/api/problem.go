package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// problem is the body of an error, for every client of Classer's that is known: older ones read detail alone, newer ones
// error, code and message.
type problem struct {
	Detail    string         `json:"detail"` // the same as message
	Error     string         `json:"error"`  // the code with dashes: labels-too-many
	Code      string         `json:"code"`   // the code in capitals: LABELS_TOO_MANY
	Message   string         `json:"message"`
	Details   problemDetails `json:"details"`
	Errors    []located      `json:"errors,omitempty"` // where there are several
	DocsURL   string         `json:"docs_url"`
	RequestID string         `json:"request_id"`
}

type problemDetails struct {
	Where string `json:"where,omitempty"`
	Fix   string `json:"fix,omitempty"`
}

// located is one of several errors of a request.
type located struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

var (
	dashed   = strings.NewReplacer(".", "-", "_", "-")
	capitals = strings.NewReplacer(".", "_")
)

// upperSnake is a code as Classer's clients know codes: LABELS_TOO_MANY.
func upperSnake(id string) string { return strings.ToUpper(capitals.Replace(id)) }

// fail answers with an error, if nothing was answered yet, and returns the code that it answered with.
func (c *call) fail(err error) *fault.Code {
	list := fault.List(err)
	first := list[0]
	status := statusOf(first.Code)
	if status == http.StatusInternalServerError {
		c.server.log.Error().Err(err).Str("request_id", c.id).Str("route", c.route.path).Msg("request failed")
		first, list = fault.New(fault.Internal, "something went wrong in the server"), nil
	}
	if c.status != 0 { // the answer has begun: its end is missing, which tells
		return first.Code
	}
	h := c.w.Header()
	if status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", retryAfter)
	}
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if c.route.openAI {
		c.json(status, append(marshaled(openAIError{asOpenAI(first, status, c.route.remedy(first))}), '\n'))
		return first.Code
	}
	p := problem{
		Detail: first.What, Message: first.What,
		Error:     dashed.Replace(first.Code.ID),
		Code:      upperSnake(first.Code.ID),
		Details:   problemDetails{Where: first.Where.String(), Fix: c.route.remedy(first)},
		DocsURL:   c.base() + "/docs/errors#" + first.Code.ID,
		RequestID: c.id,
	}
	if len(list) > 1 {
		for _, e := range list {
			p.Errors = append(p.Errors, located{Location: e.Where.String(), Message: e.What})
		}
	}
	h.Set("Content-Type", "application/problem+json")
	c.write(status, p.encode())
	return first.Code
}

func (p *problem) encode() []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(p) // of texts: it can't fail
	return []byte(b.String())
}

// within puts a place before those of errors, unless they have one.
func within(path string, err error) error {
	var errs []error
	for _, e := range fault.List(err) {
		if e.Where == (fault.Where{}) {
			e = e.At(fault.Where{Path: path})
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// messageOf is what an error of a row says.
func messageOf(err error) string {
	if e, ok := fault.As(err); ok {
		return e.What
	}
	return "the classifier could not answer"
}
