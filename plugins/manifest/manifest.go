package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
	"github.com/winnow-stream/winnow/pipeline/yamldoc"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// File is the manifest's name in a plugin's folder.
const File = "plugin.yaml"

// maxFile is more than any manifest has, in bytes.
const maxFile = 1 << 20

// Kind is what a plugin can be.
type Kind string

const (
	// Classifier gives texts their labels.
	Classifier Kind = "classifier"
	// Source is where records come from.
	Source Kind = "source"
	// Sink is where records go.
	Sink Kind = "sink"
)

// Manifest is what plugin.yaml says.
type Manifest struct {
	// Name is what specs call the plugin by: lower-case letters, digits and '-'. Its version is the author's.
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// About says in one line what the plugin is for.
	About string `yaml:"about"`
	// Protocol is the version of the protocol that it speaks.
	Protocol int    `yaml:"protocol"`
	Kinds    []Kind `yaml:"kinds"`
	// Command is the program, a path in the plugin's folder or a name to be found in PATH, and its arguments.
	Command []string `yaml:"command"`
	// Files are what belongs to the plugin beside this file and what Command names: files and folders below its own.
	Files []string `yaml:"files"`
	// Env are the names of variables of winnow's environment that the plugin sees.
	Env []string `yaml:"env"`
	// Memory is how much memory its processes may hold together, such as 512MiB; 0: as much as they can get.
	Memory unit.Size `yaml:"memory"`
	// Config is the JSON Schema of the configuration, an object. Without it there is none. What it says "secret: true" of is
	// never shown (Secrets).
	Config map[string]any `yaml:"config"`
	// Example is a configuration that works; winnow plugin test uses it.
	Example map[string]any `yaml:"example"`

	schema *jsonschema.Schema
}

var (
	validName    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	validVersion = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$`)
	validEnv     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Read reads and checks the manifest in a plugin's folder.
func Read(dir string) (*Manifest, error) {
	path := filepath.Join(dir, File)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.New(fault.PluginManifest, "there is no manifest: %w", err).At(fault.Where{File: path}).
			WithFix("name the folder that holds the plugin's %s", File)
	}
	if info.Size() > maxFile {
		return nil, fault.New(fault.PluginManifest, "the file is larger than %d MiB", maxFile>>20).At(fault.Where{File: path})
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.PluginManifest, "%w", err).At(fault.Where{File: path})
	}
	return Parse(path, data)
}

// Parse reads and checks a manifest. The error joins everything that is wrong.
func Parse(path string, data []byte) (*Manifest, error) {
	at := fault.Where{File: path}
	documents, err := yamldoc.Parse(string(data))
	var bad *yamldoc.Error
	if errors.As(err, &bad) {
		if bad.Token != nil && bad.Token.Position != nil {
			at.Line, at.Column = int64(bad.Token.Position.Line), int64(bad.Token.Position.Column)
		}
		return nil, fault.New(fault.PluginManifest, "%s", bad.What).At(at)
	}
	if len(documents) != 1 {
		return nil, fault.New(fault.PluginManifest, "the file holds %d documents, and has to hold one", len(documents)).At(at)
	}
	m := new(Manifest)
	if err := yaml.NodeToValue(documents[0].Body, m, yaml.Strict()); err != nil {
		var e yaml.Error
		if errors.As(err, &e) {
			if tk := e.GetToken(); tk != nil && tk.Position != nil {
				at.Line, at.Column = int64(tk.Position.Line), int64(tk.Position.Column)
			}
			return nil, fault.New(fault.PluginManifest, "%s", e.GetMessage()).At(at)
		}
		return nil, fault.New(fault.PluginManifest, "%w", err).At(at)
	}
	if err := m.check(at); err != nil {
		return nil, err
	}
	return m, nil
}

// check reports everything that is wrong, by field.
func (m *Manifest) check(at fault.Where) error {
	var errs []error
	fail := func(code *fault.Code, field, format string, args ...any) {
		w := at
		w.Path = field
		errs = append(errs, fault.New(code, format, args...).At(w))
	}
	if e, ok := fault.As(CheckName(m.Name)); ok {
		fail(e.Code, "name", "%s", e.What)
	}
	if !validVersion.MatchString(m.Version) {
		fail(fault.PluginManifest, "version", "%q can't be a version: write one such as 1.0.0", m.Version)
	}
	if m.Protocol != proto.Version {
		fail(fault.PluginVersion, "protocol", "the plugin speaks protocol %d, and this winnow speaks %d", m.Protocol, proto.Version)
	}
	if len(m.Kinds) == 0 {
		fail(fault.PluginManifest, "kinds", "the plugin is of no kind: write [%s], [%s] or [%s]", Classifier, Source, Sink)
	}
	for _, k := range m.Kinds {
		if k != Classifier && k != Source && k != Sink {
			fail(fault.PluginManifest, "kinds", "%q is no kind that this winnow knows: write %s, %s or %s", k, Classifier, Source, Sink)
		}
	}
	if len(m.Command) == 0 || m.Command[0] == "" {
		fail(fault.PluginManifest, "command", "nothing says how the plugin is started: write [bin/%s]", m.Name)
	} else if m.Command[0] != filepath.Base(m.Command[0]) && !filepath.IsLocal(m.Command[0]) {
		fail(fault.PluginManifest, "command", "%q lies outside of the plugin's folder", m.Command[0])
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(f) {
			fail(fault.PluginManifest, "files", "%q lies outside of the plugin's folder", f)
		}
	}
	for _, e := range m.Env {
		if !validEnv.MatchString(e) || strings.HasPrefix(e, "PLUGIN_") {
			fail(fault.PluginManifest, "env", "%q can't be passed on", e)
		}
	}
	if err := m.compile(); err != nil {
		fail(fault.PluginManifest, "config", "it is no JSON Schema: %w", err)
	} else if example, err := m.ExampleConfig(); err != nil {
		fail(fault.PluginManifest, "example", "it is no JSON: %w", err)
	} else if m.Example != nil {
		for _, e := range fault.List(m.CheckConfig(example)) {
			fail(fault.PluginManifest, strings.TrimSuffix("example."+e.Where.Path, "."), "%s", e.What)
		}
	}
	return errors.Join(errs...)
}

// CheckName refuses what can't be a plugin's name.
func CheckName(name string) error {
	if !validName.MatchString(name) {
		return fault.New(fault.PluginManifest, "%q can't be a plugin's name: write up to 64 lower-case letters, digits and '-', a letter first", name)
	}
	return nil
}

// Is tells whether the plugin can be of a kind.
func (m *Manifest) Is(k Kind) bool { return slices.Contains(m.Kinds, k) }
