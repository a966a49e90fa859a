package api

import (
	"io"
	"net/http"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// sendContent answers with a file, whose media type stands in the headers, or with the ranges of it that are asked for. Where it
// may, it compresses the whole of it.
func (c *call) sendContent(name string, changed time.Time, file io.ReadSeeker, compressible bool) error {
	c.attach(name)
	w := &outgoing{counting: counting{ResponseWriter: c.w}, control: http.NewResponseController(c.w)}
	if compressible && c.r.Header.Get("Range") == "" && c.r.Method == http.MethodGet && acceptsGzip(c.r.Header) {
		z := compress(w)
		w.WriteHeader(http.StatusOK)
		_, _ = io.Copy(z, file) // whoever asked may be gone
		_ = z.Close()
	} else {
		http.ServeContent(w, c.r, "", changed, file)
	}
	if !w.refused {
		c.status, c.sent = w.status, w.sent
		return nil
	}
	h := c.w.Header()
	h.Del("Content-Disposition")
	h["Cache-Control"] = noStore // net/http has taken it out
	switch w.status {
	case http.StatusRequestedRangeNotSatisfiable:
		return fault.New(fault.RangeUnknown, "the file has no such range")
	case http.StatusPreconditionFailed:
		return fault.New(fault.ConditionFailed, "the file is not as the request's condition has it")
	default:
		return fault.New(fault.Internal, "a file could not be read")
	}
}

// outgoing is a file on its way to a client, who gets more time with each MiB of it. What net/http itself would say of a request
// that it refuses is held back.
type outgoing struct {
	counting
	control *http.ResponseController
	left    int64 // bytes that the client has time for
	refused bool
}

// WriteHeader begins the answer.
func (w *outgoing) WriteHeader(status int) {
	w.status = status
	if w.refused = status >= http.StatusBadRequest; !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write sends a part of the file.
func (w *outgoing) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	if w.left -= int64(len(p)); w.left < 0 {
		_ = w.control.SetWriteDeadline(time.Now().Add(partFor)) // where there are no deadlines, none is needed
		w.left = transferPart
	}
	return w.counting.Write(p)
}

// ReadFrom sends a part of the file by itself where the connection can do that, so that it need not pass this process. It hands
// on the reader as net/http knows it: of a file with a limit.
func (w *outgoing) ReadFrom(r io.Reader) (n int64, err error) {
	rest, limited := r.(*io.LimitedReader)
	to, able := w.ResponseWriter.(io.ReaderFrom)
	if !limited || !able || w.refused {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	for rest.N > 0 && err == nil {
		_ = w.control.SetWriteDeadline(time.Now().Add(partFor))
		part := &io.LimitedReader{R: rest.R, N: min(rest.N, transferPart)}
		var sent int64
		sent, err = to.ReadFrom(part)
		if n += sent; sent == 0 { // it ends before its limit
			break
		}
		rest.N -= sent
	}
	w.sent += n
	return n, err
}
