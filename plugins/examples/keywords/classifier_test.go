package main

import (
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

func TestMain(m *testing.M) { plugintest.Main(m, main) }

const words = `{"words": {"billing": ["card", "invoice"], "technical": ["crashes", "app"]}}`

// TestBuiltIn judges the classifier in this process, TestPlugin at the other end of a socket.
func TestBuiltIn(t *testing.T) {
	classifytest.Run(t, func() classify.Classifier {
		k, err := open(t.Context(), sdk.Task{Config: []byte(words)})
		if err != nil {
			t.Fatal(err)
		}
		return k
	})
}

func TestPlugin(t *testing.T) {
	h := plugintest.Host(t)
	classifytest.Run(t, func() classify.Classifier {
		k, err := h.Classifier(t.Context(), host.ClassifierConfig{
			Program: plugintest.Program(t, "keywords", "1.0.0"), Answers: "keywords-1.0.0", Config: []byte(words),
		})
		if err != nil {
			t.Fatal(err)
		}
		return k
	})
}

func TestConfig(t *testing.T) {
	_, err := plugintest.Host(t).Classifier(t.Context(), host.ClassifierConfig{
		Program: plugintest.Program(t, "keywords", "1.0.0"), Config: []byte(`{"words": {"a": ["x"], "b": ["X"]}}`),
	})
	const want = `it refuses its configuration: the word "x" belongs to a and to b`
	if !fault.Is(err, fault.PluginConfig) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want … %s", err, want)
	}
}
