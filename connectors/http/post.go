package http

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// headerID carries the id of a request's only record.
const headerID = "Winnow-Id"

// answer is what an endpoint said.
type answer struct {
	status int
	header http.Header
	body   []byte // the first of it, up to one byte more than maxReply
}

// post sends rows in one request. An error means that nobody knows whether they arrived.
func (s *Sink) post(ctx context.Context, e *encoded, rows []*row) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout.Std())
	defer cancel()
	body := s.body(e, rows)
	req, err := http.NewRequestWithContext(ctx, s.cfg.Method, s.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = s.headers.Clone()
	// Under its canonical name net/http would take the header for leave to send the request again by itself, and nobody
	// would know that its first answer was lost. Names of headers have no case.
	req.Header[strings.ToLower(headerKey)] = []string{s.requestKey(e, rows, body)}
	if len(rows) == 1 {
		req.Header.Set(headerID, s.recordID(e, rows[0]))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text has the address, query and all
			err = u.Err
		}
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read, as far as anybody wants it
	a := &answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxReply+1)); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return a, nil
}

// body writes rows as the endpoint wants them.
func (s *Sink) body(e *encoded, rows []*row) []byte {
	size := 2
	for _, r := range rows {
		size += r.to - r.from + 1
	}
	b := make([]byte, 0, size)
	separator := byte('\n')
	if s.cfg.Format == formatJSON {
		b, separator = append(b, '['), ','
	}
	for i, r := range rows {
		if i > 0 {
			b = append(b, separator)
		}
		b = append(b, e.data[r.from:r.to]...)
	}
	if s.cfg.Format == formatJSON {
		return append(b, ']')
	}
	return append(b, '\n')
}

// requestKey is the same whenever the same records are sent in one request: pipeline/split/first-next-hash. A key that
// is longer than others take is replaced by its hash.
func (s *Sink) requestKey(e *encoded, rows []*row, body []byte) string {
	sum := sha256.Sum256(body)
	key := fmt.Sprintf("%s/%s/%d-%d-%x", printable(s.pipeline), printable(e.split), rows[0].offset, rows[len(rows)-1].offset+1, sum[:8])
	if len(key) > maxKey {
		key = fmt.Sprintf("%x", sha256.Sum256([]byte(key)))
	}
	return key
}

// retryAfter is how long an answer asks to wait: seconds or a date. 0: it does not say.
func (a *answer) retryAfter() time.Duration {
	v := strings.TrimSpace(a.header.Get("Retry-After"))
	if t, err := http.ParseTime(v); err == nil {
		return max(time.Until(t), 0)
	}
	if d, err := time.ParseDuration(v + "s"); err == nil {
		return max(d, 0)
	}
	return 0
}

// cutShort tells of an answer in JSON that it does not end: the connection did, which only a length could tell.
func (a *answer) cutShort() bool {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind == "application/json" && len(a.body) > 0 && len(a.body) <= maxReply && !json.Valid(a.body)
}

// quote is the beginning of an answer's text, for the fault of a record.
func (a *answer) quote() string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(a.body[:min(len(a.body), maxQuote)]), "")), " ")
	if text == "" {
		return ""
	}
	return ": " + text
}

func (a *answer) statusText() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)))
}
