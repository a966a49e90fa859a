//go:build integration

package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/store"
	"github.com/winnow-stream/winnow/test/python"
)

// patience is how long a plugin in Python may take to be ready: on a busy machine its imports alone take more than the 10 s that one has
// by default.
const patience = time.Minute

// interpreter is a Python that has the SDK, as the wheel that its folder builds, and what the examples need.
func interpreter(t *testing.T) string {
	t.Helper()
	path := python.With(t, "plugin-venv", "grpcio==1.85.3", "protobuf==7.36.2", "pyarrow==26.0.1", "duckdb==2.0.1", "scikit-learn==1.9.1")
	run(t, path, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--force-reinstall", "../python")
	return path
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// project is a copy of an example whose launcher starts an interpreter.
func project(t *testing.T, example, interpreter string) *store.Plugin {
	t.Helper()
	dir := filepath.Join(t.TempDir(), example)
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	launch(t, dir, interpreter)
	p, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func launch(t *testing.T, dir, interpreter string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\"\n", interpreter)
	if err := os.WriteFile(filepath.Join(dir, "bin", "python"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// inFolder runs the tests of a project.
func inFolder(t *testing.T, p *store.Plugin, interpreter string) {
	t.Helper()
	cmd := exec.Command(interpreter, "-B", "-m", "unittest")
	cmd.Dir = p.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func report(t *testing.T) func(conform.Result) {
	return func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("it %s: %v", r.Promise, r.Err)
		}
	}
}

// TestPython holds the SDK for Python to its own tests, and the examples in Python to the protocol's promises.
func TestPython(t *testing.T) {
	path := interpreter(t)
	t.Run("sdk", func(t *testing.T) { run(t, path, "-m", "unittest", "discover", "-s", "../python/tests") })
	t.Run("generated", func(t *testing.T) {
		dir := t.TempDir()
		run(t, "sh", "../python/generate.sh", dir)
		run(t, "cmp", filepath.Join(dir, "winnow_plugin", "plugin_pb2.py"), "../python/winnow_plugin/plugin_pb2.py")
	})
	t.Run("keywords", func(t *testing.T) {
		p := project(t, "keywords-python", path)
		inFolder(t, p, path)
		config, err := p.ExampleConfig()
		if err != nil {
			t.Fatal(err)
		}
		conform.Classifier(t.Context(), plugintest.Host(t), host.ClassifierConfig{Program: p.Program(config), Answers: p.Name, Config: config, StartTimeout: patience}, report(t))
	})
	t.Run("lines", func(t *testing.T) {
		p := project(t, "lines-python", path)
		inFolder(t, p, path)
		config, err := p.ExampleConfig()
		if err != nil {
			t.Fatal(err)
		}
		conform.Source(t.Context(), plugintest.Host(t), host.SourceConfig{Program: p.Program(config), Config: config, StartTimeout: patience}, report(t))
	})
	t.Run("parts", func(t *testing.T) {
		p := project(t, "parts-python", path)
		inFolder(t, p, path)
		conform.Sink(t.Context(), plugintest.Host(t), host.SinkConfig{
			Program: p.Program(nil), Config: fmt.Appendf(nil, `{"folder": %q}`, t.TempDir()), StartTimeout: patience,
		}, report(t))
	})
	t.Run("sklearn", func(t *testing.T) {
		model := filepath.Join(t.TempDir(), "model.joblib")
		run(t, path, "testdata/model.py", model)
		p := project(t, "sklearn", path)
		conform.Classifier(t.Context(), plugintest.Host(t), host.ClassifierConfig{
			Program: p.Program(nil), Answers: p.Name, Config: fmt.Appendf(nil, `{"model": %q}`, model), StartTimeout: patience,
		}, report(t))
	})
	t.Run("duckdb", func(t *testing.T) {
		database := filepath.Join(t.TempDir(), "shop.duckdb")
		run(t, path, "testdata/database.py", database)
		p := project(t, "duckdb", path)
		conform.Source(t.Context(), plugintest.Host(t), host.SourceConfig{
			Program: p.Program(nil), Config: fmt.Appendf(nil, `{"database": %q, "table": "messages", "split_rows": 100}`, database), StartTimeout: patience,
		}, report(t))
	})
}

// TestPythonFaults has a classifier in Python raise, refuse and die over single texts: they are the only ones without an answer.
// Where it raises, the batch has none, and the pipeline asks again with half of it.
func TestPythonFaults(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/faults")); err != nil {
		t.Fatal(err)
	}
	launch(t, dir, interpreter(t))
	p, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	open := func(config string) (*host.Classifier, error) {
		return plugintest.Host(t).Classifier(t.Context(), host.ClassifierConfig{
			Program: p.Program([]byte(config)), Answers: p.Name, Config: []byte(config), StartTimeout: patience,
		})
	}
	if _, err := open(`{"refuse": true}`); !fault.Is(err, fault.PluginConfig) {
		t.Errorf("a configuration that it refuses: %v", err)
	}
	k, err := open(`{}`)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(out *classify.Results, texts ...string) error {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		defer b.Release()
		b.AppendValues(texts, nil)
		column := b.NewStringArray()
		defer column.Release()
		return k.Classify(t.Context(), column, out)
	}
	var out classify.Results
	if err := ask(&out, "one", "raise"); !fault.Is(err, fault.PluginRefused) || !strings.HasSuffix(err.Error(), "KeyError: 'raise'") {
		t.Errorf("a text that it raises an exception over: %v", err)
	}
	if err := ask(&out, "later"); !fault.Is(err, fault.PluginUnavailable) {
		t.Errorf("a text that it wants to be asked for again: %v", err)
	}
	texts := []string{"one", "error", "two", "wait", "die", "later", "four"}
	if err := ask(&out, texts...); err != nil {
		t.Fatal(err)
	}
	failed := make(map[string]string)
	for _, f := range out.Failures {
		e, _ := fault.As(f.Err)
		failed[texts[f.Row]] = e.Code.ID
	}
	want := map[string]string{"error": "plugin.refused", "die": "plugin.record"}
	if fmt.Sprint(failed) != fmt.Sprint(want) {
		t.Errorf("failed: %v, want %v", failed, want)
	}
	for row, text := range texts {
		if _, bad := want[text]; !bad && out.Label[row] != 0 {
			t.Errorf("%s has label %d", text, out.Label[row])
		}
	}
}
