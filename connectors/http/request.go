package http

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/winnow-stream/winnow/pipeline"
)

// request is one POST on its way: its body, then what became of its records. The queue's lock guards it, but for what
// never changes and for the reply, which is read after done is closed.
type request struct {
	body  []byte // nil once it is read
	lines int64
	cost  int64 // bytes that it holds of the queue's room
	key   string
	sum   bodySum
	trace pipeline.TraceParent // that it came with

	waiting  int // clients that wait for the reply
	began    bool
	at       int   // of the body: where reading goes on
	first    int64 // offset of its first line, once reading began
	next     int64 // offset after the last line that was read
	counts   pipeline.Counts
	rejected []rejection

	reply reply
	done  chan struct{}
}

// rejection is a line that went to the dead letters.
type rejection struct {
	Line    int64  `json:"line"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// outcome is what a client is answered with once its records are committed.
type outcome struct {
	Read      int64       `json:"read"`
	Delivered int64       `json:"delivered"`
	Dead      int64       `json:"dead"`
	Dropped   int64       `json:"dropped"`
	Rejected  []rejection `json:"rejected,omitempty"`
}

// reply is a finished answer.
type reply struct {
	status int
	body   []byte // JSON
	retry  string // Retry-After; empty: none
}

// observe counts a row of the request.
func (r *request) observe(f pipeline.Fate) {
	r.counts.Read++
	switch f {
	case pipeline.Dead:
		r.counts.Dead++
	case pipeline.Dropped:
		r.counts.Dropped++
	default:
		r.counts.Delivered++
	}
}

// outcome is the answer of a request whose records are committed.
func (r *request) outcome() reply {
	slices.SortFunc(r.rejected, func(a, b rejection) int { return cmp.Compare(a.Line, b.Line) })
	return jsonReply(http.StatusOK, outcome{
		Read: r.counts.Read, Delivered: r.counts.Delivered, Dead: r.counts.Dead, Dropped: r.counts.Dropped, Rejected: r.rejected,
	})
}

func jsonReply(status int, v any) reply {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // of plain structs: it can't fail
	return reply{status: status, body: b.Bytes()}
}
