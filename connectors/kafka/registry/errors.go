package registry

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// absent reports whether the registry answered that it does not have what was asked for. A page "not found" of some
// other server is no such answer.
func absent(err error) bool {
	var answer *sr.ResponseError
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound && answer.ErrorCode/100 == http.StatusNotFound
}

// refused reports whether the registry said no to a schema: incompatible (409), invalid (422), or one that it does not
// have and may not take.
func refused(err error) (string, bool) {
	var answer *sr.ResponseError
	if !errors.As(err, &answer) {
		return "", false
	}
	switch {
	case answer.StatusCode == http.StatusConflict, answer.StatusCode == http.StatusUnprocessableEntity, absent(err):
		return answer.Message, true
	default:
		return "", false
	}
}

// away is any other failure: no answer, no right, or a mistake on the registry's side. All of these may be mended there
// while winnow waits.
func away(err error, format string, args ...any) error {
	doing := fmt.Sprintf(format, args...)
	var answer *sr.ResponseError
	if !errors.As(err, &answer) {
		return fault.New(fault.SchemaRegistry, doing+": %w", err)
	}
	e := fault.New(fault.SchemaRegistry, "%s: the registry answered %d %s", doing, answer.StatusCode, http.StatusText(answer.StatusCode))
	if answer.Message != "" {
		e.What += ": " + answer.Message
	}
	e.Err = err
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return e.WithFix("check user: and password:, and what the registry allows this user")
	case http.StatusNotFound:
		return e.WithFix("check url: and the path in it")
	default:
		return e
	}
}
