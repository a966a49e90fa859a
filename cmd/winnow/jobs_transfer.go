package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/remote"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// transfer is what goes between records and a job: their texts there, its results back to them. Both ways are the same
// pipeline, so that the second finds the records of the first.
type transfer struct {
	main   *Main
	client *client.Client
	in     wire.Simple
	mode   classify.Mode
	limit  int64
	keep   []string

	sent int64  // texts, by the last upload
	look string // of the input, at the last pass
}

// build makes the pipeline with what stands in for its classifier.
func (t *transfer) build(ctx context.Context, c classify.Classifier, change func(*wire.Options)) (*spec.Spec, *pipeline.Pipeline, error) {
	s, err := t.in.Spec()
	if err != nil {
		return nil, nil, err
	}
	o := t.main.options()
	o.Classifier, o.Workers, o.Limit, o.Keep = c, 1, t.limit, t.keep
	change(&o)
	p, err := wire.Build(s, o)
	if err != nil {
		return nil, nil, wire.AsFlags(err)
	}
	plan, err := p.Plan(ctx)
	if err != nil {
		return nil, nil, wire.AsFlags(err)
	}
	t.look = lookOf(plan.Splits)
	return s, p, nil
}

// lookOf is a hash over what tells an input from another one.
func lookOf(splits []*pipeline.Split) string {
	h := sha256.New()
	for _, s := range splits {
		fmt.Fprintf(h, "%q %d %d %q\n", s.ID, s.Start, s.End, s.Fingerprint)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// check finds out whether the input can be read, without reading its records.
func (t *transfer) check(ctx context.Context) error {
	_, _, err := t.build(ctx, remote.NewSender(io.Discard, t.info()), func(o *wire.Options) { o.Rehearse = true })
	return err
}

// info is what is known of the classifier before the job says which it was.
func (t *transfer) info() classify.Info {
	return classify.Info{Version: "remote", Labels: t.in.Labels.Names(), Mode: t.mode}
}

// upload sends the texts to a job.
func (t *transfer) upload(ctx context.Context, to *client.Created) error {
	return t.client.Upload(ctx, to, t.send)
}

// send writes the texts.
func (t *transfer) send(ctx context.Context, to io.Writer) error {
	sender := remote.NewSender(to, t.info())
	s, p, err := t.build(ctx, sender, func(o *wire.Options) { o.Rehearse = true })
	if err != nil {
		return err
	}
	_, err = t.main.execute(ctx, &job{name: s.Name, memory: s.Memory.Bytes(), pipeline: p, stdout: wire.ToStdout(s), silent: true})
	t.sent = sender.Sent()
	switch {
	case sender.Err() != nil:
		return sender.Err()
	case err == nil && t.sent == 0:
		return fault.New(fault.InputEmpty, "no record of the input has a text")
	}
	return err
}

// join writes the records with the results that the job has of their texts. Look is how the input has to look.
func (t *transfer) join(ctx context.Context, look string, results io.Reader, found *client.Results, state string, flags runFlags) error {
	receiver := remote.NewReceiver(results, classify.Info{Version: found.Classifier, Labels: found.Labels, Mode: t.mode}, client.ByName)
	s, p, err := t.build(ctx, receiver, func(o *wire.Options) { o.State, o.Overwrite = state, state != "" })
	if err != nil {
		return err
	}
	if t.look != look {
		return fault.New(fault.InputChanged, "the input is not the one whose texts were sent")
	}
	j := &job{
		name: s.Name, memory: s.Memory.Bytes(), pipeline: p, flags: flags, outputs: wire.Outputs(s), rejected: wire.Rejected(s),
		stdout: wire.ToStdout(s),
	}
	_, err = t.main.execute(ctx, j)
	return err
}
