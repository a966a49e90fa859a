package client

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Upload sends a job's input. What write writes goes to the server as it comes; write is called again where the server has
// to be sent everything anew. Where the input goes to a bucket of S3 it is written to a file of this machine before.
func (c *Client) Upload(ctx context.Context, to *Created, write func(context.Context, io.Writer) error) error {
	if c.elsewhere(to.URL) {
		return c.uploadSpooled(ctx, to, write)
	}
	return c.persist(ctx, func() error { return c.uploadOnce(ctx, to, write) })
}

func (c *Client) uploadOnce(ctx context.Context, to *Created, write func(context.Context, io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, feed := io.Pipe()
	form := multipart.NewWriter(feed)
	r, err := c.given(ctx, http.MethodPost, to.URL, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	written := make(chan error, 1)
	go func() {
		err := fill(ctx, form, to.Fields, write)
		_ = feed.CloseWithError(err) // it always succeeds
		written <- err
	}()
	answer, err := c.do(r)
	_ = body.Close() // whatever is written after the answer is in vain
	cancel()
	failed := <-written
	switch {
	case err == nil:
		return answer.Body.Close()
	case errors.Is(failed, io.ErrClosedPipe) || failed == nil || errors.Is(failed, context.Canceled):
		return err // of the server: it is why the writing ended
	case fault.Is(err, fault.ServerUnreachable):
		return failed // of the input: it is why the request broke off
	default:
		return err
	}
}

// fill writes the form: the fields, and then the file.
func fill(ctx context.Context, form *multipart.Writer, fields map[string]string, write func(context.Context, io.Writer) error) error {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := form.WriteField(name, fields[name]); err != nil {
			return err
		}
	}
	file, err := form.CreateFormFile("file", "input.ndjson")
	if err != nil {
		return err
	}
	if err := write(ctx, file); err != nil {
		return err
	}
	return form.Close()
}
