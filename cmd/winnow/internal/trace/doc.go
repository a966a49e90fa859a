// Package trace sends a pipeline's spans to an OpenTelemetry collector, by OTLP over HTTP. The spans are made by
// pipeline/span; here is where they go: a queue that never makes anybody wait, the exporter behind it, and the log line
// that says how many were lost.
package trace
