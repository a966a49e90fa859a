package wire

import (
	"bytes"
	"cmp"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/prototype"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// loader makes a classifier of what was saved. blob reads a part of the weights by the name that it was saved under.
type loader func(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error)

// saved is a backend whose classifiers can be saved.
type saved struct {
	format int      // the newest format of its weights that this build reads
	change []string // options of a spec that may replace the saved ones: threshold, top_k, abstain
	load   loader
}

// savedBackends are the backends of saved classifiers by the name in the manifest.
var savedBackends = map[string]saved{
	backendStatic:  {format: 1, change: []string{"threshold", "top_k", "abstain"}, load: loadStatic},
	backendEncoder: {format: 1, change: []string{"threshold", "top_k", "abstain"}, load: loadEncoder},
	backendHead:    {format: 1, change: []string{"threshold", "top_k", "abstain"}, load: loadHead},

	backendEncoderHead: {format: 1, change: []string{"threshold", "top_k", "abstain"}, load: loadEncoderHead},
	backendLinear:      {format: 1, change: []string{"threshold", "top_k", "abstain"}, load: loadLinear},
}

// loadStatic makes the classifier of a saved label set, on the table that it was saved with.
func loadStatic(m *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	o := m.Options
	cfg := static.Config{
		Labels: m.Labels,
		Answers: classify.Answers{
			Mode: o.Mode, Threshold: o.Threshold, TopK: o.TopK, Abstain: o.Abstain, AbstainLabel: o.AbstainLabel,
		},
		Temperature: o.Temperature,
	}
	if len(m.Weights) > 0 {
		table, err := static.Read(m.Ref(), func(name string) ([]byte, error) {
			for _, w := range m.Weights {
				if w.Name == name {
					return blob(name)
				}
			}
			return nil, fs.ErrNotExist
		})
		if err != nil {
			return nil, err
		}
		cfg.Table = table
	}
	k, err := static.New(cfg)
	if err != nil {
		return nil, err
	}
	return listing(k, o.TopK), nil
}

// Draft is a classifier as it is saved: labels, options with their defaults, and the model's files where it is not the
// embedded one. It fails where no classifier could be made of it. Without plugins there is none of these.
func Draft(c *spec.Classify, plugins *Plugins) (catalog.Draft, error) {
	m := maker{plugins: plugins}
	switch {
	case len(c.Cascade) > 0:
		return m.cascadeDraft(c)
	case c.Plugin != nil:
		return m.pluginDraft(c)
	case c.Backend == spec.Auto:
		return catalog.Draft{}, fault.New(fault.ClassifierInvalid, "the backend auto is another classifier for each input").
			At(fault.Where{Path: "classify.backend"}).WithFix("save static or encoder, or a cascade of saved ones: --cascade A:0.9,B")
	case c.Backend == backendLinear:
		return linearDraft(c)
	}
	k, err := m.classifier(c)
	if err != nil {
		return catalog.Draft{}, err
	}
	info, backend := k.Info(), cmp.Or(c.Backend, backendStatic)
	d := catalog.Draft{
		Backend: catalog.Backend{Name: backend, Format: savedBackends[backend].format, Fingerprint: info.Version},
		Labels:  c.Labels,
		Options: catalog.Options{Mode: info.Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain, Temperature: c.Temperature},
	}
	if d.Options.Threshold == nil && info.Mode == classify.Multi {
		threshold := prototype.DefaultThreshold
		d.Options.Threshold = &threshold
	}
	if backend == backendEncoder {
		d.Weights, err = encoderFiles(c.Model)
	} else {
		d.Weights, err = tableFiles(c.Model)
	}
	return d, err
}

// tableFiles are the files of a table's folder as they are saved; none of the table that is compiled in.
func tableFiles(model string) (map[string]io.WriterTo, error) {
	if model == "" {
		return nil, nil
	}
	model = modelFolder(model)
	files := make(map[string]io.WriterTo)
	_, err := static.Read(model, func(name string) ([]byte, error) {
		data, err := os.ReadFile(filepath.Join(model, name))
		if err == nil {
			files[name] = bytes.NewReader(data)
		}
		return data, err
	})
	return files, err
}
