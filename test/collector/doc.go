// Package collector is an OpenTelemetry collector for tests: it takes spans by OTLP over HTTP and keeps them.
package collector
