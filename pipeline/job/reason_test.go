package job

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// TestReasonOf has what a job's owner reads of an error, which names no file of the server.
func TestReasonOf(t *testing.T) {
	const secret = "/var/lib/winnow/work"
	for _, c := range []struct {
		err           error
		code, message string
	}{
		{errors.New("open " + secret), "internal", "something went wrong in the server"},
		{fault.Storage(&fs.PathError{Op: "write", Path: secret, Err: syscall.ENOSPC}, secret), "storage.full", "no space left: no space left on device"},
		{fault.Storage(&os.LinkError{Op: "rename", Old: secret, New: secret + "2", Err: syscall.EXDEV}, secret), "storage.io", "invalid cross-device link"},
		{fault.New(fault.JobUnknown, "there is no such job"), "job.unknown", "there is no such job"},
	} {
		code, message := reasonOf(c.err)
		if code != c.code || message != c.message || strings.Contains(message, secret) {
			t.Errorf("%v: %s, %s", c.err, code, message)
		}
	}
}
