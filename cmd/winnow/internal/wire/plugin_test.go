package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/pipeline/unit"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

func TestMain(m *testing.M) { plugintest.Main(m, self) }

// self is a plugin that has its process id as a label.
func self() {
	sdk.Serve(sdk.Plugin{Name: "self", Version: "1", Classifier: func(context.Context, sdk.Task) (classify.Classifier, error) {
		return static.New(static.Config{Labels: classify.LabelSet{{Name: strconv.Itoa(os.Getpid())}, {Name: "other"}}})
	}})
}

// selfIn makes the folder of the plugin.
func selfIn(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"plugin.yaml": `{name: self, version: "1", protocol: 1, kinds: [classifier], command: [./run.sh], config: {type: object}}`,
		"run.sh":      fmt.Sprintf("#!/bin/sh\nexec '%s'\n", program),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSwap starts the plugin of another spec before the one in use ends, and keeps that where the other spec is refused.
func TestSwap(t *testing.T) {
	o := Options{Plugins: NewPlugins(zerolog.New(zerolog.NewTestWriter(t))), Unpinned: true}
	defer o.Plugins.Close()
	dir := selfIn(t)
	named := func(n int) *spec.Classify {
		return &spec.Classify{Plugin: &spec.Plugin{Path: dir, Config: map[string]any{"n": n}, CallTimeout: unit.Duration(time.Second)}}
	}
	start := func(n int) (pid int) {
		t.Helper()
		c, err := o.classifier(named(n))
		if err == nil {
			pid, err = strconv.Atoi(c.Info().Labels[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	alive := func(pid int) bool { return syscall.Kill(pid, 0) == nil }
	gone := func(pid int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the plugin %d is left", pid)
			}
		}
	}

	first := start(1)
	second := 0
	if err := o.Plugins.Swap(func() error {
		if labels, err := o.labelsOf(named(1)); err != nil || labels[0] != strconv.Itoa(first) {
			t.Errorf("labels %v, %v", labels, err)
		}
		if second = start(2); !alive(first) {
			t.Error("the first one ended before the second one was ready")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	gone(first)

	third, refused := 0, errors.New("refused")
	if err := o.Plugins.Swap(func() error {
		third = start(3)
		return refused
	}); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	gone(third)
	if again := start(2); again != second || !alive(second) {
		t.Errorf("the plugin in use is %d, and was %d", again, second)
	}
}
