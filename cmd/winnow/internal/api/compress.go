package api

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// minCompressed is the least size of an answer, in bytes, that is worth compressing.
const minCompressed = 1 << 10

// compressors are reused: one holds some hundred kB.
var compressors = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// acceptsGzip tells whether the client takes answers in gzip.
func acceptsGzip(h http.Header) bool {
	for _, list := range h["Accept-Encoding"] {
		for coding := range strings.SplitSeq(list, ",") {
			name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
			if strings.EqualFold(name, "gzip") && strings.Trim(strings.TrimPrefix(strings.TrimSpace(quality), "q="), "0.") != "" || strings.EqualFold(name, "gzip") && quality == "" {
				return true
			}
		}
	}
	return false
}

// compressed is an answer that is compressed on its way. Whoever made it closes it.
type compressed struct {
	http.ResponseWriter
	z *gzip.Writer
}

// compress makes the answer gzip from here on.
func compress(w http.ResponseWriter) *compressed {
	h := w.Header()
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	h.Del("Content-Length")
	z := compressors.Get().(*gzip.Writer)
	z.Reset(w)
	return &compressed{w, z}
}

// Write compresses.
func (w *compressed) Write(p []byte) (int, error) { return w.z.Write(p) }

// Close ends the answer.
func (w *compressed) Close() error {
	err := w.z.Close()
	w.z.Reset(io.Discard) // it keeps no request
	compressors.Put(w.z)
	return err
}
