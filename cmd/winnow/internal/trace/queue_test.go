package trace

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exporter is one that takes as long as it is told, or until its context ends, and fails as it is told.
type exporter struct {
	takes time.Duration
	fails error

	mu     sync.Mutex
	spans  int   // guarded by mu; that went through
	sizes  []int // guarded by mu; of the requests
	closed bool  // guarded by mu
}

func (c *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sizes = append(c.sizes, len(spans))
	if c.fails == nil {
		c.spans += len(spans)
	}
	return c.fails
}

func (c *exporter) Shutdown(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return nil
}

func put(q *queue, n int) {
	s := tracetest.SpanStub{Name: "x"}.Snapshot()
	for range n {
		q.OnEnd(s)
	}
}

// closing shuts a queue down as Exporter.Close does.
func closing(q *queue) error {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	return q.Shutdown(ctx)
}

func TestQueueSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, log := &exporter{}, new(bytes.Buffer)
		q := newQueue(c, zerolog.New(log))
		put(q, 3)
		time.Sleep(flushEvery + time.Millisecond)
		synctest.Wait()
		if c.spans != 3 {
			t.Errorf("%d spans after a while", c.spans)
		}
		put(q, 2*requestSpans+5)
		if err := closing(q); err != nil || !c.closed {
			t.Error(err, c.closed)
		}
		if c.spans != 3+2*requestSpans+5 || log.Len() > 0 {
			t.Errorf("%d spans; log: %s", c.spans, log)
		}
		for _, n := range c.sizes {
			if n > requestSpans {
				t.Errorf("a request of %d spans", n)
			}
		}
		put(q, 1) // nobody is there any more, and nothing happens
	})
}

// A collector that does not answer holds up nobody, and the end only for so long.
func TestQueueOfASlowCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, log := &exporter{takes: time.Hour}, new(bytes.Buffer)
		q := newQueue(c, zerolog.New(log))
		put(q, 1)
		time.Sleep(2 * flushEvery) // it is on its way
		synctest.Wait()
		begun := time.Now()
		put(q, queueSpans+100)
		if took := time.Since(begun); took > 0 {
			t.Errorf("it waited %v", took)
		}
		_ = closing(q)
		if took := time.Since(begun); took != closePatience {
			t.Errorf("it closed after %v", took)
		}
		if c.spans != 0 || !strings.Contains(log.String(), `"spans":16485,"error":"the pipeline has ended`) { // 1 on its way, the queue, and 100
			t.Errorf("%d spans; log: %s", c.spans, log)
		}
	})
}

// What is lost is told of once a minute, all of it, and the reason is short.
func TestQueueTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, log := &exporter{fails: errors.New("refused " + strings.Repeat("x", 1<<20))}, new(bytes.Buffer)
		q := newQueue(c, zerolog.New(log))
		for range 150 { // seconds
			put(q, 2)
			time.Sleep(time.Second)
		}
		_ = closing(q)
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 4 || log.Len() > 4*(maxReason+200) || !strings.Contains(lines[0], `"error":"refused xxx`) {
			t.Errorf("%d lines, %d bytes: %.500s", len(lines), log.Len(), log)
		}
		if !strings.Contains(lines[1], `"spans":120`) {
			t.Errorf("of a minute: %.200s", lines[1])
		}
	})
}
