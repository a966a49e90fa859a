package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/classify/static"
)

// seed is that of every training.
const seed = 1

// classifier makes what a recipe describes, and what the catalog keeps of it.
func (r *recipe) classifier(ctx context.Context, learn []labelled) (classify.Classifier, catalog.Draft, error) {
	d := catalog.Draft{Name: r.Name, Notes: r.Notes, Labels: r.set}
	switch r.Model {
	case "head":
		m, err := r.train(ctx, learn)
		if err != nil {
			return nil, d, err
		}
		s := int64(seed)
		d.Origin.Seed = &s
		d.Backend = catalog.Backend{Name: "linear/head", Format: 1}
		d.Options.Mode = classify.Single
		d.Weights = map[string]io.WriterTo{"head.bin": m}
		return m, d, nil
	case "static":
		m, err := static.New(static.Config{Labels: r.set})
		if err != nil {
			return nil, d, err
		}
		d.Backend = catalog.Backend{Name: "static", Format: 1, Fingerprint: m.Info().Version}
		d.Options.Mode = classify.Single
		return m, d, nil
	case "fasttext":
		file, err := os.ReadFile(filepath.Join("catalog", "blobs", r.Weights))
		if err != nil {
			return nil, d, err
		}
		m, err := fasttext.Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return nil, d, err
		}
		k, err := fasttext.New(fasttext.Config{Model: m, Labels: r.set.Names()})
		if err != nil {
			return nil, d, err
		}
		d.Backend = catalog.Backend{Name: "linear", Format: 1}
		d.Options.Mode = classify.Single
		d.Weights = map[string]io.WriterTo{"model.bin": bytes.NewReader(file)} // as it was released
		return k, d, nil
	default:
		return nil, d, fmt.Errorf("there is no model %q", r.Model)
	}
}

// train learns from texts, and from the labels' names and descriptions.
func (r *recipe) train(ctx context.Context, learn []labelled) (*head.Model, error) {
	examples := func(yield func(head.Example, error) bool) {
		for _, e := range learn {
			if !yield(head.Example{Text: e.Text, Labels: []string{e.Label}}, nil) {
				return
			}
		}
	}
	m, _, err := head.Train(ctx, head.Config{Labels: r.set, Seed: seed}, examples, nil)
	return m, err
}
