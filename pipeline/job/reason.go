package job

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// reasonOf is what a row says of an error: its code, and what went wrong. Whoever sees the row is no operator of this machine: the
// paths of its files stay out of it, and are in the log.
func reasonOf(err error) (code, message string) {
	e, ok := fault.As(err)
	if !ok {
		return fault.Internal.ID, "something went wrong in the server"
	}
	message = e.What
	var path *fs.PathError
	if errors.As(err, &path) {
		message = strings.ReplaceAll(message, path.Error(), path.Err.Error())
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		message = strings.ReplaceAll(message, link.Error(), link.Err.Error())
	}
	return e.Code.ID, message
}
