// Package ops shows a running pipeline to those who operate it, over HTTP: /metrics for Prometheus, /healthz, /readyz
// and /status. All of it is made from the pipeline's Status at the moment of the request; a pipeline that nobody asks
// about does nothing for it. It reads and changes nothing else, and shows no records.
package ops
