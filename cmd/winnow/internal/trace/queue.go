package trace

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// queue stands between the pipeline and the exporter. Whoever ends a span never waits: where the exporter is slow or away
// the queue fills, and what comes then is lost and counted. The SDK's own BatchSpanProcessor does not tell of what it
// drops, and its goroutine may outlive its Shutdown.
type queue struct {
	exporter sdk.SpanExporter
	log      zerolog.Logger
	spans    chan sdk.ReadOnlySpan
	closing  chan struct{} // closed by Shutdown
	close    sync.Once
	done     chan struct{}           // closed when run has returned
	cancel   context.CancelCauseFunc // ends requests
	lost     atomic.Int64            // since the log told
	reason   error                   // run's: of the last request that failed since the log told
	told     time.Time               // run's
}

var _ sdk.SpanProcessor = (*queue)(nil)

var errLate = errors.New("the pipeline has ended, and the collector did not take them in time")

// newQueue starts the queue's goroutine, which Shutdown ends.
func newQueue(e sdk.SpanExporter, log zerolog.Logger) *queue {
	ctx, cancel := context.WithCancelCause(context.Background())
	q := &queue{
		exporter: e, log: log, spans: make(chan sdk.ReadOnlySpan, queueSpans), closing: make(chan struct{}),
		done: make(chan struct{}), cancel: cancel,
	}
	go q.run(ctx)
	return q
}

// OnStart does nothing.
func (q *queue) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd takes a span if there is room.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	select {
	case q.spans <- s:
	default:
		q.lose(1)
	}
}

// lose counts spans that nobody will see.
func (q *queue) lose(spans int) { q.lost.Add(int64(spans)) }

// run sends spans until the queue is closed and empty.
func (q *queue) run(ctx context.Context) {
	defer close(q.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	request := make([]sdk.ReadOnlySpan, 0, requestSpans)
	for {
		select {
		case s := <-q.spans:
			if request = append(request, s); len(request) < requestSpans {
				continue
			}
		case <-tick.C:
		case <-q.closing:
			q.empty(ctx, request)
			q.tell()
			return
		}
		request = q.send(ctx, request)
		if ctx.Err() == nil && time.Since(q.told) >= tellEvery {
			q.tell()
		}
	}
}

// empty sends what is left when nobody ends spans any more.
func (q *queue) empty(ctx context.Context, request []sdk.ReadOnlySpan) {
	for {
		select {
		case s := <-q.spans:
			if request = append(request, s); len(request) == requestSpans {
				request = q.send(ctx, request)
			}
		default:
			q.send(ctx, request)
			return
		}
	}
}

// send makes one request and returns its room.
func (q *queue) send(ctx context.Context, request []sdk.ReadOnlySpan) []sdk.ReadOnlySpan {
	if len(request) == 0 {
		return request
	}
	if err := q.exporter.ExportSpans(ctx, request); err != nil {
		q.lose(len(request))
		if q.reason = context.Cause(ctx); q.reason == nil {
			q.reason = err
		}
	}
	clear(request)
	return request[:0]
}

// tell logs what was lost since it did so last.
func (q *queue) tell() {
	n := q.lost.Swap(0)
	if n == 0 {
		return
	}
	e := q.log.Warn().Int64("spans", n)
	if q.reason != nil {
		text := q.reason.Error()
		e = e.Str("error", text[:min(len(text), maxReason)])
	}
	e.Msg("spans were lost on their way to the collector")
	q.told, q.reason = time.Now(), nil
}

// ForceFlush does nothing: spans wait a second at most.
func (q *queue) ForceFlush(context.Context) error { return nil }

// Shutdown sends what is left, until the context ends. Nothing of the queue runs any more when it returns.
func (q *queue) Shutdown(ctx context.Context) error {
	q.close.Do(func() { close(q.closing) })
	select {
	case <-q.done:
	case <-ctx.Done():
	}
	q.cancel(errLate)
	<-q.done
	return q.exporter.Shutdown(ctx)
}
