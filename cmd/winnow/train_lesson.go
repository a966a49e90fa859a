package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/answer"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// lesson is one training: records go in, a model and what is to be told of it come out.
type lesson struct {
	cmd   *trainCmd
	main  *Main
	draft catalog.Draft // of what was learnt

	read, unlabelled, blank, rejected int64
	places                            []place   // of the examples, in their order
	names                             []string  // of the files, in theirs
	hash                              hash.Hash // over texts and labels
	release                           func()    // gives signals back; nil until they are watched

	conflicts   []head.Duplicate // texts under two labels, of a fastText model's examples
	conflicting int              // all of them

	screen *term.Screen
	drawn  time.Time
}

// place is where an example came from.
type place struct {
	file int32 // index into names
	row  int64 // from 1
}

func newLesson(c *trainCmd, m *Main) *lesson {
	return &lesson{cmd: c, main: m, hash: sha256.New(), screen: term.NewScreen(m.Stderr, m.color)}
}

// linear reads, and trains winnow's own head.
func (r *lesson) linear(ctx context.Context, cfg head.Config) (*term.Training, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Signals are the pipeline's while it reads; after that they end the training.
	watch := func() {
		watched, stop := r.main.interruptible(ctx)
		unlink := context.AfterFunc(watched, cancel)
		r.release = func() {
			unlink() // so that giving signals back is not taken for one
			stop()
		}
	}
	model, report, err := head.Train(ctx, cfg, r.examples(ctx, cfg.Mode, watch), r.progress)
	r.screen.Clear()
	if r.release != nil {
		r.release()
	}
	if err != nil {
		return nil, r.failed(ctx, err)
	}
	labels := cfg.Labels
	if len(labels) == 0 {
		for _, l := range report.PerLabel {
			labels = append(labels, classify.Label{Name: l.Name})
		}
	}
	if r.draft, err = wire.HeadDraft(model, labels, cfg.Answer, r.cmd.Model); err != nil {
		return nil, err
	}
	return r.training(report, model.Info().Mode), nil
}

// failed is an error of a training as it is told.
func (r *lesson) failed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil && !fault.Is(err, fault.RunInterrupted):
		return fault.New(fault.RunInterrupted, "stopped while training; nothing was saved")
	case len(r.places) == 0 && r.read > 0 && fault.Is(err, fault.TrainRows):
		return fault.New(fault.TrainRows, "of %s none has both a text and a label in %q", term.Plural(r.read, "record"), r.cmd.Label).
			At(fault.Where{File: strings.Join(r.cmd.Input, ", ")})
	}
	return r.locate(err)
}

// training is what there is to tell.
func (r *lesson) training(report *head.Report, mode classify.Mode) *term.Training {
	t := &term.Training{
		Report: report, Read: r.read, Unlabelled: r.unlabelled, Blank: r.blank, Rejected: r.rejected, Mode: mode,
		Data: "sha256:" + hex.EncodeToString(r.hash.Sum(nil)),
	}
	for _, d := range report.Duplicates {
		t.Twice = append(t.Twice, term.TwiceLabelled{First: r.place(d.First), Second: r.place(d.Second), Labels: d.Labels})
	}
	return t
}

// examples reads the records. Read is called when there are no more.
func (r *lesson) examples(ctx context.Context, mode classify.Mode, read func()) iter.Seq2[head.Example, error] {
	return func(yield func(head.Example, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		found := make(chan head.Example, 1024)
		var err error // the goroutine's until it closes found
		go func() {
			defer close(found)
			err = r.readAll(ctx, mode, found)
		}()
		defer func() {
			stop()
			for range found { // until the goroutine has ended
			}
		}()
		for e := range found {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(head.Example{}, err)
			return
		}
		read()
	}
}

// trainMemory is what a training may take beside the process's overhead before the collector works harder, in bytes: a million
// records are to be learnt within 1 GiB. What a pipeline has in flight is the smallest part of it.
const trainMemory = 800 << 20

// readAll runs a pipeline that ends in the examples.
func (r *lesson) readAll(ctx context.Context, mode classify.Mode, found chan<- head.Example) error {
	in := wire.Simple{Inputs: r.cmd.Input, Examples: true}
	r.cmd.fill(&in)
	s, err := in.Spec()
	if err != nil {
		return err
	}
	o := r.main.options()
	o.Workers, o.Limit, o.Examples = int(r.cmd.Parallel), r.cmd.Limit, r.cmd.Label
	o.Sink = answer.NewSink(answer.Config{Gold: r.cmd.Label, Add: func(row *eval.Row) error {
		e, ok := r.example(row, mode)
		if !ok {
			return nil
		}
		select {
		case found <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	j := &job{name: "train", memory: trainMemory, stdout: true, silent: true}
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return wire.AsFlags(err)
	}
	sum, err := r.main.execute(ctx, j)
	r.read, r.rejected = sum.Counts.Read, sum.Counts.Dead
	return err
}

// example is a record to learn from; false where it has no label or no text.
func (r *lesson) example(row *eval.Row, mode classify.Mode) (head.Example, bool) {
	switch {
	case row.Gold == nil || len(row.Gold) == 0 && mode != classify.Multi:
		r.unlabelled++
		return head.Example{}, false
	case strings.TrimSpace(row.Text) == "":
		r.blank++
		return head.Example{}, false
	}
	if n := len(r.names); n == 0 || r.names[n-1] != row.Place.File {
		r.names = append(r.names, row.Place.File)
	}
	r.places = append(r.places, place{int32(len(r.names) - 1), row.Place.Row})
	e := head.Example{Text: strings.Clone(row.Text), Labels: make([]string, len(row.Gold))}
	r.digest(row.Text)
	for i, l := range row.Gold {
		e.Labels[i] = strings.Clone(l)
		r.digest(l)
	}
	r.digest("")
	return e, true
}

// digest enters a text into the hash of the data, with its length before it.
func (r *lesson) digest(text string) {
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(len(text)))
	_, _ = r.hash.Write(size[:])
	_, _ = r.hash.Write([]byte(text))
}

// files are those that were read, without standard input.
func (r *lesson) files() []string {
	var files []string
	for _, name := range r.names {
		if name != file.StdinName {
			files = append(files, name)
		}
	}
	return files
}

// place writes where an example came from.
func (r *lesson) place(number int64) string {
	p := r.places[number-1]
	return fmt.Sprintf("%s:%d", r.names[p.file], p.row)
}

// locate puts the place of the record into errors that number the example, and the inputs into those about all of them.
func (r *lesson) locate(err error) error {
	e, ok := fault.As(err)
	if ok && e.Where == (fault.Where{}) && (e.Code == fault.TrainRows || e.Code == fault.TrainOneLabel || e.Code == fault.TrainLabel) {
		return e.At(fault.Where{File: strings.Join(r.cmd.Input, ", "), Field: r.cmd.Label})
	}
	if !ok || e.Where.File != "" || e.Where.Row < 1 || e.Where.Row > int64(len(r.places)) {
		return err
	}
	p := r.places[e.Where.Row-1]
	return e.At(fault.Where{File: r.names[p.file], Row: p.row, Field: r.cmd.Label})
}

// progress draws how far the training is.
func (r *lesson) progress(p head.Progress) {
	if p.Stage == "read" || r.main.quiet || time.Since(r.drawn) < drawEvery {
		return
	}
	r.drawn = time.Now()
	r.screen.Draw([]string{term.TrainingProgress(p.Stage, p.Done, p.Total)})
}
