package expr

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Rule sends the rows that it is true for to a sink.
type Rule struct {
	When Code  // empty: every row
	Sink int16 // index into the sinks; Drop drops the row
}

// Drop is the sink of rows that are dropped.
const Drop int16 = -1

// Route gives each row the sink of the first rule that is true for it. Needs compiles the rules, and comes before Route.
type Route struct {
	rules   []Rule
	other   int16
	labels  []string
	found   Found
	in      *pipeline.Layout
	whens   []*condition // nil: every row
	scratch sync.Pool    // *routeScratch
}

type routeScratch struct {
	mask    []bool
	decided []bool
}

// NewRoute returns a router. Rows that no rule takes go to the sink other. The labels are the classifier's, in its
// order; nil without a classifier.
func NewRoute(rules []Rule, other int16, labels []string) *Route {
	return &Route{rules: rules, other: other, labels: labels, scratch: sync.Pool{New: func() any { return new(routeScratch) }}}
}

// On lets rules name what is found in texts. It comes before Needs, and returns the router.
func (r *Route) On(found Found) *Route {
	r.found = found
	return r
}

// Needs compiles the rules for a layout and returns the columns that they read.
func (r *Route) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	s := &scope{in: in, route: true, results: r.labels != nil, labels: r.labels, found: r.found}
	var need []arrow.Field
	r.in, r.whens = in, make([]*condition, len(r.rules))
	for i, rule := range r.rules {
		if rule.When.IsZero() {
			continue
		}
		when, err := newCondition(rule.When, s)
		if err != nil {
			return nil, err
		}
		r.whens[i] = when
		need = append(need, fields(when.columns)...)
	}
	return need, nil
}

// Route sets dest[row] to the index of the row's sink or to Drop. Rows that a rule fails for are killed.
func (r *Route) Route(_ context.Context, b *pipeline.Batch, dest []int16) error {
	if len(dest) == 0 {
		return nil
	}
	s := r.scratch.Get().(*routeScratch)
	defer r.scratch.Put(s)
	mask, decided := sized(&s.mask, len(dest)), sized(&s.decided, len(dest))
	clear(decided)
	for i := range dest {
		dest[i] = r.other
	}
	open := func(row int) bool { return !decided[row] && b.Live(row) }
	fail := func(row int, err error) {
		decided[row] = true
		kill(b, r.in, row, err)
	}
	for i, when := range r.whens {
		if when == nil {
			for row := range dest {
				if !decided[row] {
					dest[row] = r.rules[i].Sink
				}
			}
			return nil
		}
		when.eval(b, mask, open, fail)
		for row, ok := range mask {
			if ok && !decided[row] {
				dest[row], decided[row] = r.rules[i].Sink, true
			}
		}
	}
	return nil
}

// Gets says for people which records come to a sink.
func (r *Route) Gets(sink int16) string {
	named, rest := false, sink == r.other
	for _, rule := range r.rules {
		named = named || rule.Sink == sink
		if rule.When.IsZero() { // it takes all that come to it
			rest = false
			break
		}
	}
	switch {
	case named && rest:
		return "records routed to it, and those that no rule takes"
	case rest:
		return "records that no rule takes"
	case named:
		return "records routed to it"
	default:
		return "nothing"
	}
}

// SinkIndex is a sink's place among names, or Drop for the target "drop".
func SinkIndex(names []string, to string) (int16, error) {
	if to == "drop" {
		return Drop, nil
	}
	for i, name := range names {
		if name == to {
			return int16(i), nil
		}
	}
	return 0, fault.New(fault.ConfigRoute, "there is no sink %q", to)
}

var (
	_ pipeline.Router         = (*Route)(nil)
	_ pipeline.RouteDescriber = (*Route)(nil)
)
