package wire

import (
	"strings"

	"github.com/winnow-stream/winnow/pipeline/spec"
)

// identity tells apart what the state of one run can't be continued by: the spec's identity, and what the command line
// adds to it.
func identity(s *spec.Spec, o Options) string {
	whole := *s
	if o.Limit > 0 {
		whole.Limit = o.Limit
	}
	id := whole.Identity()
	if len(o.Keep) > 0 {
		id += " keep " + strings.Join(o.Keep, ",")
	}
	return id
}
