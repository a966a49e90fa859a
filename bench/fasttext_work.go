package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// lines are some texts on their way through predict.
type lines struct {
	texts  *array.String
	labels classify.Results
	done   chan error
}

// predict writes the label of each line to standard output, in order, by so many goroutines.
func predict(model, texts string, threads int) error {
	m, err := fasttext.Load(model)
	if err != nil {
		return err
	}
	c, err := fasttext.New(fasttext.Config{Model: m})
	if err != nil {
		return err
	}
	work, order, free := make(chan *lines), make(chan *lines, 2*threads), make(chan *lines, 2*threads)
	for range cap(free) {
		free <- &lines{done: make(chan error, 1)}
	}
	for range threads {
		go func() {
			for l := range work {
				l.done <- c.Classify(context.Background(), l.texts, &l.labels)
			}
		}()
	}
	failed := make(chan error, 1)
	go func() {
		defer close(work)
		defer close(order)
		failed <- eachBatch(texts, batchRows, func(a *array.String) error {
			a.Retain()
			l := <-free
			l.texts = a
			order <- l
			work <- l
			return nil
		})
	}()
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	names := c.Info().Labels
	for l := range order {
		if err := <-l.done; err != nil {
			return err
		}
		for _, label := range l.labels.Label {
			if label >= 0 {
				out.WriteString(names[label])
			}
			out.WriteByte('\n')
		}
		l.texts.Release()
		free <- l
	}
	return errors.Join(<-failed, out.Flush())
}

var losses = map[string]fasttext.Loss{
	"hs": fasttext.HierarchicalSoftmax, "ns": fasttext.NegativeSampling, "softmax": fasttext.Softmax, "ova": fasttext.OneVsAll,
}

// trainModel trains on JSONL by arguments of fastText's command line, and writes the model.
func trainModel(rows, to string, args []string) error {
	var cfg train.Config
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.Float64Var(&cfg.LR, "lr", 0, "")
	flags.Uint64Var(&cfg.Seed, "seed", 0, "")
	for name, v := range map[string]*int{
		"dim": &cfg.Dim, "epoch": &cfg.Epoch, "wordNgrams": &cfg.WordNgrams, "minn": &cfg.MinN, "maxn": &cfg.MaxN,
		"bucket": &cfg.Bucket, "thread": &cfg.Threads,
	} {
		flags.IntVar(v, name, 0, "")
	}
	loss := flags.String("loss", "softmax", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if cfg.Loss = losses[*loss]; cfg.Loss == 0 {
		return fmt.Errorf("there is no loss %q", *loss)
	}
	samples, err := readSamples(rows)
	if err != nil {
		return err
	}
	examples := make([]train.Example, len(samples))
	for i := range samples {
		examples[i] = train.Example{Text: samples[i].Text, Labels: samples[i].labels()}
	}
	m, err := train.Train(context.Background(), cfg, train.Slice(examples))
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := m.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
