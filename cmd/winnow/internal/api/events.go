package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// eventStream is the media type of server-sent events.
const eventStream = "text/event-stream"

// jobEvents answers GET /v1/batch/{id}/events: what has happened to a job, in order; with after=SEQ what came behind that. A
// client that takes server-sent events also gets what happens next.
func (c *call) jobEvents() error {
	after, err := c.lastEvent()
	if err != nil {
		return err
	}
	if strings.Contains(c.r.Header.Get("Accept"), eventStream) && c.r.Method == http.MethodGet {
		return c.streamEvents(after)
	}
	events, err := c.server.cfg.Jobs.Store.Events(c.r.Context(), c.who.Account, c.r.PathValue("id"), after)
	if err != nil {
		return err
	}
	list := make([]jobEvent, len(events))
	for i := range events {
		list[i] = shownEvent(&events[i])
	}
	return c.marshal(http.StatusOK, list)
}

// lastEvent is the one that the client has had: as a browser says it when it comes again, or as the query does. Each that is said
// has to be a number; the first counts.
func (c *call) lastEvent() (int64, error) {
	query := c.r.URL.Query()
	said := slices.Concat(query[eventsLast.name], query[eventsAfter.name])
	if last := c.r.Header.Get("Last-Event-Id"); last != "" {
		said = slices.Insert(said, 0, last)
	}
	first := int64(0)
	for i, text := range said {
		seq, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seq < 0 {
			return 0, fault.New(fault.ListRange, "after is no number of an event").WithFix("use the seq of an event")
		}
		if i == 0 {
			first = seq
		}
	}
	return first, nil
}

// streamEvents sends events as they happen, each under its number, and between them a job's status whenever its counts have
// grown. It ends with the job, or where the job is gone, or the server shuts down.
func (c *call) streamEvents(after int64) error {
	store, ctx, id := c.server.cfg.Jobs.Store, c.r.Context(), c.r.PathValue("id")
	if _, err := store.Get(ctx, c.who.Account, id); err != nil {
		return err
	}
	s := &stream{call: c, control: http.NewResponseController(c.w)}
	c.w.Header().Set("Content-Type", eventStream)
	c.status = http.StatusOK
	tick := time.NewTicker(lookForEvents)
	defer tick.Stop()
	for done, quiet := int64(-1), time.Now(); ; {
		// The status first: an event that comes in between is told before the stream ends.
		j, err := store.Get(ctx, c.who.Account, id)
		if err != nil {
			return nil
		}
		events, err := store.Events(ctx, c.who.Account, id, after)
		if err != nil {
			return nil
		}
		for i := range events {
			after = events[i].Seq
			s.send(string(events[i].Kind), strconv.FormatInt(after, 10), shownEvent(&events[i]))
		}
		switch {
		case j.Done != done:
			s.send("progress", "", shownJob(j))
			done, quiet = j.Done, time.Now()
		case time.Since(quiet) > keepAlive:
			s.write(": still there\n\n")
			quiet = time.Now()
		}
		if s.err != nil || j.State.Ended() || c.server.draining.Load() {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// stream writes server-sent events until the client is gone.
type stream struct {
	call    *call
	control *http.ResponseController
	err     error
}

// send writes an event with a value as JSON, which has no line's end.
func (s *stream) send(kind, id string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	s.write(fmt.Sprintf("%sevent: %s\ndata: %s\n\n", id, kind, data))
}

// write gives the client some time to take a text.
func (s *stream) write(text string) {
	if s.err != nil {
		return
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(partFor)) // where there are no deadlines, none is needed
	n, err := s.call.w.Write([]byte(text))
	s.call.sent += int64(n)
	if s.err = err; err == nil {
		s.err = s.control.Flush()
	}
}

func shownEvent(e *job.Event) jobEvent {
	shown := jobEvent{
		Seq: e.Seq, Event: string(e.Kind), At: e.At.Format(time.RFC3339Nano), RequestsCompleted: e.Done, RequestsFailed: e.Failures,
	}
	if e.Code != "" {
		shown.ErrorCode, shown.Error = &e.Code, &e.Message
	}
	return shown
}
