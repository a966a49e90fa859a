package host

import (
	"context"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// later spaces out the tries of rows that a plugin wants to be asked for again.
type later struct {
	limit time.Duration // of all waiting together
	spent time.Duration
	next  time.Duration
}

// wait waits for the next try. It returns false when there is none: the limit is reached, or ctx has ended.
func (l *later) wait(ctx context.Context) bool {
	l.next = min(max(2*l.next, laterFirst), laterMost)
	if l.spent += l.next; l.spent > l.limit {
		return false
	}
	t := time.NewTimer(l.next)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wantsLater tells whether a row's error is that it may work later, in one of winnow's codes for that.
func wantsLater(f *proto.RowError) bool {
	code := fault.ByID(f.GetCode())
	return code != nil && code.Fate == fault.Transient && shared(code)
}

// mark is where results end that later calls add to.
type mark struct{ scores, ends, failures int }

func markOf(out *classify.Results) mark {
	return mark{len(out.Scores), len(out.Ends), len(out.Failures)}
}

// back takes away what was added.
func (m mark) back(out *classify.Results) {
	out.Scores, out.Ends, out.Failures = out.Scores[:m.scores], out.Ends[:m.ends], out.Failures[:m.failures]
}

// unready are the failures that were added for rows that may work later.
func (m mark) unready(out *classify.Results) []*classify.Failure {
	var all []*classify.Failure
	for i := m.failures; i < len(out.Failures); i++ {
		if fault.FateOf(out.Failures[i].Err) == fault.Transient {
			all = append(all, &out.Failures[i])
		}
	}
	return all
}
