package ops

import (
	"fmt"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// Readiness says whether a pipeline does its work, and if not, why.
type Readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []Reason `json:"reasons,omitempty"`
}

// Reason is one thing that is in the way.
type Reason struct {
	Code    string    `json:"code"` // starting, joining, retrying, stalled, draining, ended
	Message string    `json:"message"`
	Since   time.Time `json:"since,omitzero"`
}

// maxNamed is how many stalled splits a reason names.
const maxNamed = 5

// ReadinessOf judges a status.
func ReadinessOf(st *pipeline.Status) *Readiness {
	r := new(Readiness)
	add := func(code string, since time.Time, format string, args ...any) {
		r.Reasons = append(r.Reasons, Reason{Code: code, Message: fmt.Sprintf(format, args...), Since: since})
	}
	switch st.Phase {
	case pipeline.Starting:
		add("starting", st.Started, "the pipeline is being made ready")
	case pipeline.Retrying:
		add("retrying", time.Time{}, "waiting to try again: %s", st.LastError)
	case pipeline.Draining, pipeline.Sealing:
		add("draining", time.Time{}, "it finishes what it has begun, and ends")
	case pipeline.Completed, pipeline.Stopped, pipeline.Failed:
		add("ended", time.Time{}, "it is %s", st.Phase)
	default:
		if st.Stream && !st.Member {
			add("joining", time.Time{}, "it is not a member of its group yet")
		}
	}
	if n := len(st.Stalled); n > 0 {
		named := strings.Join(st.Stalled[:min(n, maxNamed)], ", ")
		if n > maxNamed {
			named = fmt.Sprintf("%s and %d more", named, n-maxNamed)
		}
		add("stalled", st.StalledSince, "no progress, though there are records to read: %s", named)
	}
	r.Ready = len(r.Reasons) == 0
	return r
}
