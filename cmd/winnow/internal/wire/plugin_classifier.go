package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/pipeline/unit"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// pluginBlob is which plugin a saved classifier is, in the catalog.
const pluginBlob = "plugin.json"

// ParsePlugin reads a plugin as a command line has it: the name of one that is installed, its folder, a map as it stands under
// plugin: in a spec, or the file that holds such a map. It is nil for an empty text.
func ParsePlugin(text string) (*spec.Plugin, error) {
	switch ext := filepath.Ext(text); {
	case text == "":
		return nil, nil
	case strings.HasPrefix(text, "{"):
		return spec.ParsePlugin("--plugin", []byte(text), os.LookupEnv)
	case ext == ".yaml" || ext == ".yml" || ext == ".json":
		data, err := read(text, nil)
		if err != nil {
			return nil, err
		}
		return spec.ParsePlugin(text, data, os.LookupEnv)
	case strings.ContainsRune(text, filepath.Separator) || text == ".":
		return &spec.Plugin{Path: text}, nil
	default:
		return &spec.Plugin{Name: text}, nil
	}
}

// pluginPath is a plugin's place in a spec.
const pluginPath = "classify.plugin"

// plugin makes the classifier that a plugin is, with the options of the spec.
func (m maker) plugin(c *spec.Classify) (classify.Classifier, error) {
	found, config, err := m.lookUp(c.Plugin, manifest.Classifier)
	if err != nil {
		return nil, below(err, pluginPath)
	}
	k, err := m.plugins.classifier(c, found, config, pluginVersion(found, c.Labels, config))
	if err != nil {
		return nil, below(err, pluginPath)
	}
	info := k.Info()
	if c.Mode != "" && c.Mode != info.Mode {
		return nil, fault.New(fault.ClassifierOption, "the plugin %s answers in mode %s", found.Name, info.Mode).At(fault.Where{Path: "classify.mode"}).
			WithFix("leave mode out")
	}
	a := classify.Answers{Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain}
	if a == (classify.Answers{}) {
		return k, nil
	}
	a.Mode = info.Mode
	if err := a.Check(len(info.Labels)); err != nil {
		return nil, err
	}
	return newNarrowed(k, a, pluginVersion(found, c.Labels, config, a)), nil
}

// usesPlugin tells whether a plugin decides answers by itself, not as a saved classifier.
func usesPlugin(c *spec.Classify) bool {
	return c.Plugin != nil || slices.ContainsFunc(c.Cascade, func(s spec.CascadeStage) bool { return s.Plugin != nil })
}

// savedPlugin is a plugin as the catalog has it: the very build, and what it is told.
type savedPlugin struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	SHA256       string            `json:"sha256"`
	Config       json.RawMessage   `json:"config"`
	Labels       classify.LabelSet `json:"labels,omitempty"` // that it is given; none: it has its own
	StartTimeout time.Duration     `json:"start_timeout,omitempty"`
	CallTimeout  time.Duration     `json:"call_timeout,omitempty"`
	Memory       int64             `json:"memory,omitempty"` // in bytes
}

// pluginDraft is a plugin as it is saved. Its files stay where it is installed.
func (m maker) pluginDraft(c *spec.Classify) (catalog.Draft, error) {
	if err := c.Check(Kinds()); err != nil {
		return catalog.Draft{}, err
	}
	found, config, err := m.lookUp(c.Plugin, manifest.Classifier)
	if err != nil {
		return catalog.Draft{}, below(err, pluginPath)
	}
	if len(found.Secrets(config)) > 0 {
		return catalog.Draft{}, fault.New(fault.ClassifierInvalid, "the configuration of the plugin %s has a secret, and whoever has the catalog could read it there", found.Name).
			At(fault.Where{Path: pluginPath}).
			WithFix("let the plugin take it from a variable that its plugin.yaml names under env, or name the plugin in a spec")
	}
	k, err := m.plugin(c)
	if err != nil {
		return catalog.Draft{}, err
	}
	data, err := json.Marshal(savedPlugin{
		Name: found.Name, Version: found.Version, SHA256: found.Hash, Config: config, Labels: c.Labels,
		StartTimeout: c.Plugin.StartTimeout.Std(), CallTimeout: c.Plugin.CallTimeout.Std(), Memory: c.Plugin.Memory.Bytes(),
	})
	d := catalog.Draft{
		Backend: catalog.Backend{Name: spec.BackendPlugin, Format: 1, Fingerprint: k.Info().Version}, Labels: c.Labels,
		Options: catalog.Options{Mode: k.Info().Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain},
		Weights: map[string]io.WriterTo{pluginBlob: bytes.NewReader(data)},
	}
	if len(d.Labels) == 0 {
		d.Labels = namedLabels(k)
	}
	return d, err
}

// loadPlugin starts the plugin that a saved classifier is, if the build that it was saved with is installed.
func (m maker) loadPlugin(saved *catalog.Manifest, blob func(name string) ([]byte, error)) (classify.Classifier, error) {
	data, err := blob(pluginBlob)
	if err != nil {
		return nil, err
	}
	var p savedPlugin
	c := &spec.Classify{Plugin: &spec.Plugin{}, Threshold: saved.Options.Threshold, TopK: saved.Options.TopK, Abstain: saved.Options.Abstain}
	if err = json.Unmarshal(data, &p); err == nil && len(p.Config) > 0 {
		err = json.Unmarshal(p.Config, &c.Plugin.Config)
	}
	if err != nil {
		return nil, fault.New(fault.CatalogDamaged, "the plugin of %s can't be read: %w", saved.Ref(), err)
	}
	c.Labels = p.Labels
	c.Plugin.Name, c.Plugin.SHA256 = p.Name, p.SHA256
	c.Plugin.StartTimeout, c.Plugin.CallTimeout, c.Plugin.Memory = unit.Duration(p.StartTimeout), unit.Duration(p.CallTimeout), unit.Size(p.Memory)
	k, err := m.plugin(c)
	return k, ofSaved(err, saved.Ref(), &p)
}

// ofSaved says of a plugin that is not there which classifier wants it. Places in a spec of its own mean nothing to whoever refers
// to the classifier.
func ofSaved(err error, ref string, p *savedPlugin) error {
	e, ok := fault.As(err)
	switch {
	case !ok:
		return err
	case e.Code == fault.PluginMissing || e.Code == fault.PluginChecksum && e.Where.Path == pluginPath+".sha256":
		return fault.New(e.Code, "%s is the plugin %s %s in the build %s, which is not installed here", ref, p.Name, p.Version, p.SHA256).
			WithFix("install that build, or save the classifier again with the one that is installed, and measure anew")
	default:
		return e.At(fault.Where{File: e.Where.File})
	}
}
