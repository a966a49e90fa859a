package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

var pluginsSection = &section{
	name: "plugins", title: "Plugins", apart: true, measure: measurePlugins,
	text: "`winnow run` over 3,000,000 rows of a Parquet file, classified by 4 labels and written as JSON lines, with default batches: all built\n" +
		"in, and with the source, the classifier or the sink in a plugin. The plugin is this program, and holds the same code as the\n" +
		"binary (`bench/plugins_work.go`). CPU is that of winnow and its plugins together; starting them counts. A hop is what\n" +
		"1,000 short texts a message take of winnow's own process, to a plugin and back, where neither side does anything else with\n" +
		"them.\n\n" +
		"In Python the same fastText model labels the same Parquet file: by a script that reads, asks for a batch at once and writes\n" +
		"(`bench/peers/label.py`), and as a plugin (`bench/peers/fasttext`).",
}

const (
	// pluginShare is how many times as many rows as those of other sections are read: a run takes seconds, and a start is little of it.
	pluginShare = 3
	hopRows     = 1000
	hopPasses   = 20
)

func measurePlugins(b *bench) ([]*contest, error) {
	p, err := b.openPlugins()
	if err != nil {
		return nil, err
	}
	inGo, err := p.measureGo()
	if err != nil {
		return nil, err
	}
	hops, err := p.measureHops()
	if err != nil {
		return nil, err
	}
	python, err := p.measurePython()
	return []*contest{inGo, hops, python}, err
}

// pluginBench are plugins' folders.
type pluginBench struct {
	*bench
	task     *task
	inGo     string
	inPython string
}

func (b *bench) openPlugins() (*pluginBench, error) {
	t, err := b.taskOf("snips", 4)
	if err != nil {
		return nil, err
	}
	p := &pluginBench{bench: b, task: t, inGo: filepath.Join(b.dir, "plugins", "go"), inPython: filepath.Join(b.dir, "plugins", "fasttext")}
	const manifest = "{name: bench, version: \"1\", protocol: 1, kinds: [source, classifier, sink], command: [bin/plugin], config: {type: object}}\n"
	if err := launcher(p.inGo, "plugin", b.self, "work", "plugin"); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(p.inGo, "plugin.yaml"), []byte(manifest), 0o644); err != nil {
		return nil, err
	}
	err = say("installs winnow's SDK for Python", b.peers.python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
		"grpcio=="+grpcioVersion, "protobuf=="+protobufVersion)
	if err == nil {
		err = exec.Command(b.peers.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--force-reinstall", "./plugins/python").Run()
	}
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"plugin.yaml", "main.py"} {
		data, err := os.ReadFile(filepath.Join("bench", "peers", "fasttext", name))
		if err == nil {
			err = os.MkdirAll(p.inPython, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(p.inPython, name), data, 0o644)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, launcher(p.inPython, "python", b.peers.python)
}

// launcher writes a script into the folder bin of a plugin's folder, which starts a command.
func launcher(dir, name string, command ...string) error {
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(bin, name), fmt.Appendf(nil, "#!/bin/sh\nexec '%s' \"$@\"\n", strings.Join(command, "' '")), 0o755)
}

// run is `winnow run` of a spec.
func (p *pluginBench) run(name string, records int, source, classify, sink string) (*series, error) {
	path := p.result("plugins-" + strings.ReplaceAll(name, " ", "-") + ".yaml")
	text := fmt.Sprintf("source: {%s}\ntext: text\nclassify: {%s}\nsinks: {default: {%s}}\n", source, classify, sink)
	return &series{
		Name: name, Records: records, args: []string{p.winnow, "run", path, "--quiet", "--overwrite", "--allow-unpinned", "--state", p.result("plugins-state")},
	}, os.WriteFile(path, []byte(text), 0o644)
}

func (p *pluginBench) measureGo() (*contest, error) {
	records := pluginShare * p.rows
	in, err := p.parquet(records)
	if err != nil {
		return nil, err
	}
	plugin := func(kind, value string) string {
		return fmt.Sprintf("plugin: {path: %s, config: {%s: %s}}", p.inGo, kind, value)
	}
	out := p.result("plugins.jsonl")
	source, sink := "parquet: {path: "+in+"}", "file: {path: "+out+"}"
	labels, err := os.ReadFile(p.task.labels)
	if err != nil {
		return nil, err
	}
	classify := "labels: " + string(labels)
	var all []*series
	for _, s := range []struct{ name, source, classify, sink string }{
		{"all built in", source, classify, sink},
		{"source as a plugin", plugin("path", in), classify, sink},
		{"classifier as a plugin", source, plugin("labels", p.task.labels), sink},
		{"sink as a plugin", source, classify, plugin("path", out)},
	} {
		made, err := p.run(s.name, records, s.source, s.classify, s.sink)
		if err != nil {
			return nil, err
		}
		all = append(all, made)
	}
	if err := p.alternate(p.runs, all...); err != nil {
		return nil, err
	}
	c := &contest{Title: "Parquet → JSONL, 4 labels", Series: all}
	for _, s := range all[1:] {
		c.Goals = append(c.Goals, goal{
			Text: "records/s beside all built in, " + s.Name, Value: 100 * all[0].wall().median / s.wall().median, Limit: 85, Unit: "%",
		})
	}
	return c, nil
}

func (p *pluginBench) measureHops() (*contest, error) {
	n := p.rows / 10
	texts, err := p.input(fmt.Sprintf("short-%d.txt", n), func(path string) error { return p.corpus.WriteText(path, n) })
	if err != nil {
		return nil, err
	}
	c := &contest{Title: "The host's share of a hop"}
	for _, kind := range []string{"source", "classifier", "sink"} {
		c.Series = append(c.Series, &series{Name: kind, Records: n * hopPasses, run: func() (m measure, err error) {
			out, err := exec.Command(p.self, "work", "hop", kind, texts, strconv.Itoa(hopPasses)).Output()
			if err != nil {
				return m, err
			}
			return m, json.Unmarshal(out, &m)
		}})
	}
	if err := p.alternate(p.runs, c.Series...); err != nil {
		return nil, err
	}
	for _, s := range c.Series {
		c.Goals = append(c.Goals, goal{
			Text: "the host's CPU for a hop, " + strconv.Itoa(hopRows) + " rows a batch, " + s.Name, Value: s.cpu().median, Limit: 0.5, Below: true, Unit: "µs",
		})
	}
	return c, nil
}

func (p *pluginBench) measurePython() (*contest, error) {
	in, err := p.parquet(p.rows)
	if err != nil {
		return nil, err
	}
	w, err := p.run("a plugin in Python", p.rows, "parquet: {path: "+in+"}",
		fmt.Sprintf("plugin: {path: %s, config: {model: %s}}", p.inPython, p.task.model), "parquet: {path: "+p.result("plugins.parquet")+"}")
	if err != nil {
		return nil, err
	}
	hand := &series{Name: "the script by hand", Records: p.rows, args: []string{
		p.peers.python, filepath.Join("bench", "peers", "label.py"), p.task.model, in, p.result("py.parquet"), "1",
	}}
	if err := p.alternate(p.runs, hand, w); err != nil {
		return nil, err
	}
	return &contest{Title: "Parquet → Parquet, fastText in Python", Series: []*series{hand, w}, Goals: []goal{{
		Text: "records/s beside the script by hand, the plugin in Python", Value: 100 * hand.wall().median / w.wall().median, Limit: 70, Unit: "%",
	}}}, nil
}
