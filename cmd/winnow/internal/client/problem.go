package client

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// problem is what is read of a server's errors.
type problem struct {
	Code    string `json:"code"` // LABELS_TOO_MANY
	Message string `json:"message"`
	Details struct {
		Where string `json:"where"`
		Fix   string `json:"fix"`
	} `json:"details"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
	RequestID string `json:"request_id"`
}

// codes are the registered ones by how a server writes them.
var codes = func() map[string]*fault.Code {
	m := make(map[string]*fault.Code)
	for _, c := range fault.All() {
		m[Written(c)] = c
	}
	return m
}()

// Written is a code as answers and results have it.
func Written(c *fault.Code) string { return strings.ToUpper(strings.ReplaceAll(c.ID, ".", "_")) }

// ByName is the registered code that a server wrote; nil where this winnow does not know it.
func ByName(written string) *fault.Code { return codes[written] }

// refusal reads an answer that is no success.
func (c *Client) refusal(answer *http.Response) error {
	data, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20)) // what did not come says nothing either
	err := c.meaning(answer, data)
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return busyError{err, retryAfter(answer.Header)}
	default:
		return err
	}
}

func (c *Client) meaning(answer *http.Response, data []byte) error {
	var p problem
	if id := answer.Header.Get("X-Winnow-Code"); id != "" { // an upload's, in S3's XML
		var s3 struct{ Message string }
		if code := fault.ByID(id); code != nil && xml.Unmarshal(data, &s3) == nil {
			return fault.New(code, "%s", s3.Message)
		}
	}
	if err := c.bucketRefusal(answer.Request.URL, answer.StatusCode, data); err != nil {
		return err
	}
	if json.Unmarshal(data, &p) != nil || p.Message == "" {
		return c.strange("status " + strconv.Itoa(answer.StatusCode))
	}
	code := ByName(p.Code)
	if code == nil || code == fault.Internal {
		return fault.New(fault.ServerAnswer, "%s answers %d: %s", c.cfg.Server, answer.StatusCode, p.Message).
			WithFix("tell whoever runs the server the request id %s", p.RequestID)
	}
	what := []string{p.Message} // the first one of the errors
	for _, e := range p.Errors[min(1, len(p.Errors)):] {
		what = append(what, e.Message)
	}
	err := fault.New(code, "%s", strings.Join(what, "; "))
	if p.Details.Fix != "" {
		err = err.WithFix("%s", p.Details.Fix)
	}
	if fix := here[code]; fix != "" {
		err = err.WithFix("%s", fix)
	}
	return err
}

// here are remedies for who asks by this program.
var here = map[*fault.Code]string{
	fault.AuthMissing:     "put a key into the variable WINNOW_API_KEY; winnow keys create on the server makes one",
	fault.AuthInvalid:     "put a valid key into the variable WINNOW_API_KEY; winnow keys create on the server makes one",
	fault.AuthScope:       "use a key of a wider scope; winnow keys create --scope write makes one",
	fault.AccountBusy:     "wait for the other job to end (winnow jobs list shows it), or start this one with --queue",
	fault.JobUnknown:      "check the id; winnow jobs list shows the account's jobs",
	fault.JobFailed:       "winnow jobs show says why; winnow jobs start lets it go on",
	fault.ResultsNotReady: "wait for its end: winnow jobs watch",
}

// retryAfter is how long a server asks to wait; 0 where it does not say.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if s, err := strconv.Atoi(value); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
