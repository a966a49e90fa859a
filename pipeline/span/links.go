package span

import "go.opentelemetry.io/otel/trace"

// links gathers the contexts that a batch's span links to. Those that are sampled come first, since the others lead to
// nothing.
type links struct {
	sampled []trace.Link // up to maxLinks
	others  []trace.Link // up to maxLinks
	more    int          // sampled ones beyond
	omitted int          // all that are beyond
}

// add takes what a record or a request carries and returns its context; not valid where there is none, or no room.
func (l *links) add(c carried) (context trace.SpanContext) {
	if c.parent == "" {
		return context
	}
	sampled, to := c.sampled(), &l.others
	if sampled {
		to = &l.sampled
	}
	if len(*to) == maxLinks {
		l.omitted++
		if sampled {
			l.more++
		}
		return context
	}
	if context = c.context(); context.IsValid() {
		*to = append(*to, trace.Link{SpanContext: context})
	}
	return context
}

// count is how many contexts are sampled.
func (l *links) count() int { return len(l.sampled) + l.more }

// list is the links that fit, and how many don't.
func (l *links) list() (all []trace.Link, omitted int) {
	fit := min(len(l.others), maxLinks-len(l.sampled))
	return append(l.sampled[:len(l.sampled):len(l.sampled)], l.others[:fit]...), l.omitted + len(l.others) - fit
}
