package api

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// index is what / says.
const index = `winnow

POST /v1/classify         one text, one label
POST /v1/classify/batch   up to 1,000 texts, a label each
POST /v1/tag              one text, every label that fits
POST /v1/tag/batch        up to 1,000 texts, their labels
POST /v1/batch            a job for a file of texts; GET lists jobs
GET  /openapi.json        all of it, for machines
GET  /docs/errors         every error, and what to do
GET  /healthz /readyz     whether the server lives, and whether it works
GET  /metrics             for Prometheus
`

func (c *call) index() error {
	c.text(http.StatusOK, "text/plain; charset=utf-8", index)
	return nil
}

// errors is the reference of error codes, which docs_url points into.
func (c *call) errors() error {
	c.text(http.StatusOK, "text/markdown; charset=utf-8", string(fault.Reference()))
	return nil
}

func (c *call) healthy() error {
	c.text(http.StatusOK, "text/plain; charset=utf-8", "ok\n")
	return nil
}

// ready tells whether the server takes work. While it shuts down, no route is asked any more: that answers 503, too.
func (c *call) ready() error {
	body, err := json.Marshal(ops.Readiness{Ready: true})
	if err != nil {
		return err
	}
	c.json(http.StatusOK, append(body, '\n'))
	return nil
}

func (c *call) showMetrics() error {
	w := &counting{ResponseWriter: c.w}
	promhttp.HandlerFor(c.server.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 8}).ServeHTTP(w, c.r)
	c.status, c.sent = w.status, w.sent
	return nil
}

// counting notes what another handler answers.
type counting struct {
	http.ResponseWriter
	status int
	sent   int64
}

// WriteHeader notes the status.
func (w *counting) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write counts bytes.
func (w *counting) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.sent += int64(n)
	return n, err
}
