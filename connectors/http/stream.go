package http

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// stream is one membership: a server, and the queue that it fills.
type stream struct {
	queue  *queue
	split  *pipeline.Split
	want   pipeline.Projection
	server *http.Server
	ended  chan struct{} // closed when the server's goroutine has returned
}

var (
	_ pipeline.Stream       = (*stream)(nil)
	_ pipeline.Acknowledger = (*stream)(nil)
	_ pipeline.Observer     = (*stream)(nil)
)

// newStream serves on a listener until the stream is closed.
func newStream(l net.Listener, h http.Handler, q *queue, split *pipeline.Split, want pipeline.Projection, logger zerolog.Logger) *stream {
	s := &stream{queue: q, split: split, want: want, ended: make(chan struct{})}
	s.server = &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: log.New(logger, "", 0),
	}
	go func() {
		defer close(s.ended)
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			q.fail(fault.New(fault.RunConnect, "the HTTP source stopped listening: %w", err))
		}
	}()
	return s
}

// Next returns the lines that wait, of as many requests as fit.
func (s *stream) Next(ctx context.Context) (*pipeline.Batch, error) {
	return s.queue.next(ctx, s.split, s.want)
}

// Observe enters what became of a batch, for the answers.
func (s *stream) Observe(b *pipeline.Batch) { s.queue.observe(b) }

// Acknowledges makes Commit come last.
func (s *stream) Acknowledges() {}

// Commit answers the requests that the epoch covers.
func (s *stream) Commit(_ context.Context, e *pipeline.Epoch) (bool, error) {
	for _, span := range e.Spans {
		if span.Split == s.split {
			s.queue.settle(span.Next)
		}
	}
	return true, nil
}

// Held is the one split.
func (s *stream) Held() []pipeline.Holding {
	return []pipeline.Holding{{Split: s.split, High: s.queue.highest()}}
}

// Close answers whoever still waits with 503, and stops to listen.
func (s *stream) Close() error {
	s.queue.close()
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // somebody is slow to send or to read: they see the connection end
		err = s.server.Close()
	}
	<-s.ended
	return err
}
