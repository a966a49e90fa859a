package wire

import (
	"bytes"
	"io"
	"maps"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	backendHead        = "linear/head"  // on static vectors
	backendEncoderHead = "encoder/head" // on those of an encoder
	headBlob           = "head.bin"     // its weights in the catalog
)

// HeadSpace is where a head's vectors come from: nil, which is the embedded table, or an encoder, that of the folder model
// or the one that is compiled in.
func HeadSpace(backend, model string) (*head.Space, error) {
	switch {
	case backend == backendEncoder:
		e, err := encoderOf(model)
		if err != nil {
			return nil, err
		}
		return encoderSpace(e), nil
	case model != "":
		return nil, fault.New(fault.Usage, "--model %s is about --backend encoder, which is not given", model)
	case backend != "" && backend != backendStatic:
		return nil, fault.New(fault.BackendUnknown, "a head is trained on the vectors of static or of encoder, not of %s", backend)
	default:
		return nil, nil
	}
}

func encoderSpace(e *encoder.Encoder) *head.Space {
	m := e.Model()
	return &head.Space{
		Backend: backendEncoder, Hash: m.Hash(), Dim: m.Dim(), Memory: m.Size(), Required: true,
		NewEmbedder: func() head.Embedder { return e.NewEmbedder() },
	}
}

// HeadDraft is a trained classifier as it is saved, with the labels that it was trained for, and with the files of model where
// it was trained on the vectors of an encoder that is not compiled in.
func HeadDraft(m *head.Model, labels classify.LabelSet, a head.Answer, model string) (catalog.Draft, error) {
	backend := backendHead
	if m.Info().Backend == backendEncoder {
		backend = backendEncoderHead
	}
	d := catalog.Draft{
		Backend: catalog.Backend{Name: backend, Format: savedBackends[backend].format},
		Labels:  labels,
		Options: catalog.Options{
			Mode: m.Info().Mode, Threshold: a.Threshold, TopK: a.TopK, Abstain: a.Abstain, AbstainLabel: a.AbstainLabel,
		},
		Weights: map[string]io.WriterTo{headBlob: m},
	}
	files, err := encoderFiles(model)
	maps.Copy(d.Weights, files)
	return d, err
}

// loadHead makes a classifier that was trained on static vectors of its weights.
func loadHead(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	return headIn(nil, m, blob)
}

// loadEncoderHead makes one that was trained on the vectors of an encoder.
func loadEncoderHead(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	e, err := savedEncoder(m, blob)
	if err != nil {
		return nil, err
	}
	return headIn(encoderSpace(e), m, blob)
}

func headIn(space *head.Space, m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	data, err := blob(headBlob)
	if err != nil {
		return nil, err
	}
	k, err := head.Load(bytes.NewReader(data), space)
	if err != nil {
		return nil, err
	}
	o := m.Options
	if k, err = k.With(head.Answer{Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain, AbstainLabel: o.AbstainLabel}); err != nil {
		return nil, err
	}
	return listing(k, o.TopK), nil
}
