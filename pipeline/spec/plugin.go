package spec

import (
	"reflect"
	"regexp"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// BackendPlugin is the backend that a plugin is.
const BackendPlugin = "plugin"

// Plugin names a plugin and configures it.
type Plugin struct {
	// The name that it was installed under.
	Name string `yaml:"name"`
	// Instead of a name, the folder that holds it. It is refused without --allow-unpinned: what lies there may change.
	Path string `yaml:"path"`
	// The hash that it has to have, as `winnow plugin info` shows it. Default: that of what is installed.
	SHA256 string `yaml:"sha256"`
	// What the plugin is configured by; its plugin.yaml has the schema.
	Config map[string]any `yaml:"config"`
	// How long it may take to be ready. Default 10s.
	StartTimeout unit.Duration `yaml:"start_timeout" identity:"-"`
	// How long it may take to answer a batch before it counts as hanging, and is started again. Default 60s.
	CallTimeout unit.Duration `yaml:"call_timeout" identity:"-"`
	// How much memory its processes may hold together before they are ended, and started again. Default: what plugin.yaml says.
	Memory unit.Size `yaml:"memory" identity:"-"`
}

var validHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// plugin checks a plugin as the classifier, and what can't stand beside it.
func (c *checker) plugin() {
	k := c.Classify
	if k == nil {
		return
	}
	if k.Plugin == nil {
		if k.Backend == BackendPlugin {
			c.fail(fault.ConfigMissing, "classify.plugin", "add plugin: {name: NAME}", "nothing says which plugin")
		}
		return
	}
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"classifier", k.Classifier != ""},
		{"cascade", len(k.Cascade) > 0},
		{"backend", k.Backend != "" && k.Backend != BackendPlugin},
		{"model", k.Model != ""},
		{"temperature", k.Temperature != 0},
		{"refine", k.Refine},
	} {
		if f.given {
			c.fail(fault.ConfigField, "classify."+f.name, "remove it; what the plugin can be told belongs into plugin.config", "%s has no meaning beside plugin", f.name)
		}
	}
	c.own("classify.plugin", k.Plugin.Check())
}

// Check holds the plugin's name and pin to what can be known without looking for it.
func (p *Plugin) Check() error {
	at := func(e *fault.Error, field, fix string) error {
		return e.At(fault.Where{Path: field}).WithFix("%s", fix)
	}
	switch {
	case p.Name == "" && p.Path == "":
		return at(fault.New(fault.ConfigMissing, "the plugin has no name"), "name", "add name:")
	case p.Name != "" && p.Path != "":
		return at(fault.New(fault.ConfigField, "there are a name and a path"), "path", "remove it, or name")
	case p.SHA256 != "" && !validHash.MatchString(p.SHA256):
		return at(fault.New(fault.ConfigField, "%q is no SHA-256 in 64 lower-case hexadecimal digits", p.SHA256), "sha256", "copy it from winnow plugin info NAME")
	}
	return nil
}

// ParsePlugin reads what stands under plugin: in a spec from a document of its own. The name is for messages, as that of Parse.
func ParsePlugin(name string, data []byte, env Env) (*Plugin, error) {
	root, errs := parseDocument(name, data)
	if root == nil {
		return nil, joined(name, errs)
	}
	p, at := new(Plugin), places{}
	root.mark("", at)
	errs = append(errs, substitute(root, env)...)
	d := &decoder{kinds: &Kinds{}}
	d.value(root, reflect.ValueOf(p).Elem(), rules{})
	if errs = distinct(append(errs, d.errs...)); len(errs) == 0 {
		for _, e := range fault.List(p.Check()) {
			errs = append(errs, e.At(at.find(e.Where.Path)))
		}
	}
	if len(errs) > 0 {
		return nil, joined(name, errs)
	}
	return p, nil
}
