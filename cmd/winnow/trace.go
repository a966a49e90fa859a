package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/trace"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// traces starts to send the spans of a pipeline that is going to be built with o, if its spec asks for that. The returned
// function, for when the pipeline has ended, sends the last ones.
func (m *Main) traces(ctx context.Context, s *spec.Spec, o *wire.Options) (stop func(), err error) {
	version, _ := buildVersion()
	system, group := wire.Messages(s)
	e, err := trace.Start(ctx, trace.Config{
		Tracing: s.Tracing, Pipeline: s.Name, Version: version, System: system, Group: group, Log: m.Log,
	})
	if e != nil {
		o.Tracer = e.Tracer
	}
	return e.Close, err
}
