package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
	"github.com/winnow-stream/winnow/plugins/store"
)

// Store is where installed plugins are: the folder plugins in WINNOW_HOME, or in the user's data folder.
func Store() (*store.Store, error) {
	home, err := home(os.LookupEnv, runtime.GOOS)
	if err != nil {
		return nil, err
	}
	return store.New(filepath.Join(home, "plugins")), nil
}

// Plugins starts the plugins that specs name, and owns their processes. Close it to end them.
type Plugins struct {
	// Idle is how long a classifier may have nothing to do before its process ends, until it is asked again; 0: it stays.
	Idle time.Duration
	// Batch has this process and the plugins scheduled for throughput from the first plugin on (host.ScheduleAsBatch).
	Batch bool

	host  *host.Host
	batch sync.Once

	mu      sync.Mutex
	running map[string]*host.Classifier // guarded by mu; by version: a spec that is read again does not start it again
	used    map[string]bool             // guarded by mu: versions that are in use since the last Swap
}

// NewPlugins starts nothing yet. What plugins print goes to the log.
func NewPlugins(log zerolog.Logger) *Plugins {
	return &Plugins{host: host.New(log), running: make(map[string]*host.Classifier), used: make(map[string]bool)}
}

// starting is the host, when it is to start a plugin.
func (p *Plugins) starting() *host.Host {
	if p.Batch {
		p.batch.Do(host.ScheduleAsBatch)
	}
	return p.host
}

// Close ends all plugins, and returns when they are gone.
func (p *Plugins) Close() { p.host.Close() }

// Status is what the plugins did and what they hold.
func (p *Plugins) Status() []host.Status { return p.host.Status() }

// Swap runs what builds the classifiers of another spec and puts them in the place of the ones in use, or fails. Plugins that are
// not in use afterwards end when they have done what they are asked for; until then both run. Where there are no plugins, it only
// runs it.
func (p *Plugins) Swap(build func() error) error {
	if p == nil {
		return build()
	}
	p.mu.Lock()
	before := p.used
	p.used = make(map[string]bool)
	p.mu.Unlock()
	err := build()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.used = before
	}
	for version, c := range p.running {
		if !p.used[version] {
			c.Spend()
			delete(p.running, version)
		}
	}
	return err
}

// classifier starts the plugin that a spec names, or returns it where it runs already. It goes by the version.
func (p *Plugins) classifier(k *spec.Classify, found *store.Plugin, config []byte, version string) (*host.Classifier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.running[version]; ok {
		return c, nil
	}
	c, err := p.starting().Classifier(context.Background(), host.ClassifierConfig{
		Program: program(found, k.Plugin, config), Answers: version, Labels: k.Labels, Config: config,
		StartTimeout: k.Plugin.StartTimeout.Std(), CallTimeout: k.Plugin.CallTimeout.Std(),
		Idle: p.Idle,
	})
	if err != nil {
		return nil, err
	}
	p.running[version] = c
	return c, nil
}

// use says that the classifier of a version is in use.
func (p *Plugins) use(version string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[version] = true
}

// lookUp finds a plugin of a kind and holds the configuration, which it returns as JSON, to its schema. Nothing is started. The
// places of its errors are paths below the plugin in the spec.
func (m maker) lookUp(c *spec.Plugin, kind manifest.Kind) (*store.Plugin, []byte, error) {
	if m.plugins == nil {
		return nil, nil, fault.New(fault.PluginKind, "a plugin can't be used here").WithFix("name it in the spec of winnow run")
	}
	found, err := findPlugin(c, m.unpinned)
	if err != nil {
		return nil, nil, err
	}
	if !found.Is(kind) {
		return nil, nil, fault.New(fault.PluginKind, "plugin %s: it is no %s", found.Name, kind)
	}
	values := c.Config
	if values == nil {
		values = map[string]any{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	for _, e := range fault.List(found.CheckConfig(config)) {
		e = e.At(fault.Where{Path: joined("config", e.Where.Path)})
		errs = append(errs, e)
	}
	return found, config, errors.Join(errs...)
}

// connector is lookUp for a plugin as a connector, and what is started of it.
func (m maker) connector(c *spec.Plugin, kind manifest.Kind) (host.Program, []byte, error) {
	found, config, err := m.lookUp(c, kind)
	if err != nil {
		return host.Program{}, nil, err
	}
	return program(found, c, config), config, nil
}

// program is what is started of a plugin for a spec.
func program(found *store.Plugin, c *spec.Plugin, config []byte) host.Program {
	made := found.Program(config)
	if c.Memory > 0 {
		made.Memory = c.Memory.Bytes()
	}
	return made
}

// findPlugin finds the build that a spec wants: of those that are installed the newest, unless its hash is given.
func findPlugin(c *spec.Plugin, unpinned bool) (*store.Plugin, error) {
	var found *store.Plugin
	if c.Path != "" {
		if !unpinned {
			return nil, fault.New(fault.PluginUnpinned, "the plugin in %s is not installed: nothing says that it is the one you trust", c.Path).
				At(fault.Where{Path: "path"})
		}
		var err error
		if found, err = store.Open(c.Path); err != nil {
			return nil, err
		}
	} else {
		s, err := Store()
		if err != nil {
			return nil, err
		}
		if c.SHA256 != "" {
			if earlier := s.Build(c.Name, c.SHA256); earlier != nil {
				return earlier, nil
			}
		}
		if found, err = s.Get(c.Name); err != nil {
			return nil, err
		}
	}
	if c.SHA256 != "" && c.SHA256 != found.Hash {
		return nil, fault.New(fault.PluginChecksum, "plugin %s: the spec wants %s, and it is %s", found.Name, c.SHA256, found.Hash).
			At(fault.Where{Path: "sha256"})
	}
	return found, nil
}

func joined(path, below string) string {
	if below == "" {
		return path
	}
	return path + "." + below
}

// below puts the places of errors that lookUp gives below the plugin's own.
func below(err error, path string) error {
	var errs []error
	for _, e := range fault.List(err) {
		if e.Where.File == "" {
			e = e.At(fault.Where{Path: joined(path, e.Where.Path)})
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// pluginVersion names everything that decides a plugin's answers: its files, its labels and its configuration, and what is made of
// them afterwards.
func pluginVersion(p *store.Plugin, labels classify.LabelSet, config []byte, after ...any) string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(append([]any{p.Hash, labels, json.RawMessage(config)}, after...)) // a hash takes everything
	return p.Name + "-" + p.Version + "-" + hex.EncodeToString(h.Sum(nil))[:12]
}
