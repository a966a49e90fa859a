package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Results is where a job's results are, for an hour, and what gave them.
type Results struct {
	JobID      string   `json:"job_id"`
	URL        string   `json:"download_url"` // a secret
	ExpiresAt  string   `json:"expires_at"`
	Partial    bool     `json:"partial"`    // the job did not complete
	Classifier string   `json:"classifier"` // the version that answered
	Labels     []string `json:"labels"`     // those that it could give
}

// Results finds a completed job's results; where partial is true, also what one has left that did not complete.
func (c *Client) Results(ctx context.Context, id string, partial bool) (*Results, error) {
	query := url.Values{}
	if partial {
		query.Set("partial", "true")
	}
	found := new(Results)
	_, err := c.ask(ctx, http.MethodGet, jobPath(id)+"/results", query, nil, found, nil)
	return found, err
}

// Download writes the results that Results finds. A connection that breaks off is taken up where it stood.
func (c *Client) Download(ctx context.Context, id string, partial bool, to io.Writer) (*Results, error) {
	found, err := c.Results(ctx, id, partial)
	if err != nil {
		return nil, err
	}
	var got int64
	return found, c.persistWhile(ctx, func() (bool, error) {
		n, err := c.downloadFrom(ctx, found.URL, got, to)
		got += n
		if fault.Is(err, fault.DownloadSignature) { // the address has expired, or the server was started anew
			again, askErr := c.Results(ctx, id, partial)
			if askErr != nil {
				return false, askErr
			}
			if again.URL != found.URL {
				found.URL = again.URL
				err = busyError{error: err}
			}
		}
		return n > 0, err
	})
}

// downloadFrom writes what comes after the first bytes, and returns how much that was.
func (c *Client) downloadFrom(ctx context.Context, address string, from int64, to io.Writer) (int64, error) {
	r, err := c.given(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return 0, err
	}
	if from > 0 {
		r.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	}
	answer, err := c.do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if from > 0 && answer.StatusCode != http.StatusPartialContent {
		return 0, c.strange("it sends results from their beginning again")
	}
	w := &written{to: to}
	n, err := io.Copy(w, answer.Body)
	switch {
	case err == nil, w.err != nil:
		return n, w.err
	case ctx.Err() != nil:
		return n, ctx.Err()
	default:
		return n, c.away(err)
	}
}

// written remembers an error of the writer, which the reader's are told from.
type written struct {
	to  io.Writer
	err error
}

func (w *written) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		w.err = fault.Storage(err, "a transfer")
	}
	return n, err
}
