package wire

import (
	"bytes"
	"io"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

const (
	backendHead = "linear/head"
	headBlob    = "head.bin" // its weights in the catalog
)

// HeadDraft is a trained classifier as it is saved, with the labels that it was trained for.
func HeadDraft(m *head.Model, labels classify.LabelSet, a head.Answer) catalog.Draft {
	return catalog.Draft{
		Backend: catalog.Backend{Name: backendHead, Format: savedBackends[backendHead].format},
		Labels:  labels,
		Options: catalog.Options{
			Mode: m.Info().Mode, Threshold: a.Threshold, TopK: a.TopK, Abstain: a.Abstain, AbstainLabel: a.AbstainLabel,
		},
		Weights: map[string]io.WriterTo{headBlob: m},
	}
}

// loadHead makes a trained classifier of its weights.
func loadHead(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	data, err := blob(headBlob)
	if err != nil {
		return nil, err
	}
	k, err := head.Load(bytes.NewReader(data), nil)
	if err != nil {
		return nil, err
	}
	o := m.Options
	if k, err = k.With(head.Answer{Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain, AbstainLabel: o.AbstainLabel}); err != nil {
		return nil, err
	}
	return listing(k, o.TopK), nil
}
