package term

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
)

// saved are two versions of a classifier, as they might be.
func saved() (first, second *catalog.Manifest) {
	evaluation := func(accuracy string) json.RawMessage {
		return json.RawMessage(`{"accuracy":` + accuracy + `,"macro_f1":0.8,"ece":null,"rows":1932,"data":"sha256:` + strings.Repeat("e", 64) + `"}`)
	}
	threshold, seed := 0.3, int64(7)
	at := time.Date(2026, 11, 27, 9, 30, 0, 0, time.UTC)
	first = &catalog.Manifest{
		Name: "support", Number: 1, Hash: "sha256:" + strings.Repeat("a", 64), Backend: catalog.Backend{Name: "static", Format: 1},
		Labels:     classify.LabelSet{{Name: "billing", Description: "invoices"}, {Name: "bug", Examples: []string{"it crashes"}}, {Name: "misc"}},
		Options:    catalog.Options{Mode: classify.Single, Abstain: 0.4},
		Evaluation: evaluation("0.81"), Origin: catalog.Origin{Created: at, Command: "winnow classifiers save support", Winnow: "1.0.0"},
	}
	second = &catalog.Manifest{
		Name: "support", Number: 2, Hash: "sha256:" + strings.Repeat("b", 64), Backend: catalog.Backend{Name: "linear/head", Format: 2},
		Labels:     classify.LabelSet{{Name: "bug", Description: "something is broken\x1b[2J, a crash", Examples: []string{"it hangs"}}, {Name: "billing", Description: "invoices"}, {Name: "other"}},
		Options:    catalog.Options{Mode: classify.Multi, Threshold: &threshold},
		Weights:    []catalog.Blob{{Name: "head.bin", Size: 3 << 20, SHA256: strings.Repeat("c", 64)}},
		Evaluation: evaluation("0.905"), Notes: "trained\nby night",
		Origin: catalog.Origin{
			Created: at.Add(time.Hour), Seed: &seed, Parent: "support@v1", Imported: "theirs@v9",
			Data: []catalog.DataFile{{Path: "train.csv", Size: 2048, SHA256: strings.Repeat("d", 64)}},
		},
	}
	return first, second
}

func TestClassifiers(t *testing.T) {
	first, second := saved()
	builtin := *first
	builtin.Name, builtin.Evaluation = "sentiment", nil
	var b strings.Builder
	err := WriteClassifiers(&b, []catalog.Entry{
		{Name: "sentiment", Builtin: true, Versions: []*catalog.Manifest{&builtin}},
		{Name: "support", Versions: []*catalog.Manifest{first, second}, Aliases: []catalog.Alias{{Alias: "production", Number: 1}, {Alias: "staging", Number: 2}}},
	}, Style{Width: 100})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

func TestClassifier(t *testing.T) {
	_, second := saved()
	var b strings.Builder
	aliases := []catalog.Alias{{Alias: "gone"}, {Alias: "production", Number: 2}}
	if err := WriteClassifier(&b, &catalog.Version{Manifest: second}, aliases, Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

func TestAliases(t *testing.T) {
	at := time.Date(2026, 11, 27, 9, 30, 0, 0, time.UTC)
	var b strings.Builder
	err := WriteAliases(&b, []catalog.Alias{
		{Alias: "old", History: []catalog.Move{{Time: at, From: 0, To: 1}, {Time: at.Add(time.Minute), From: 1, To: 0}}},
		{Alias: "production", Number: 2, History: []catalog.Move{{Time: at, From: 0, To: 2}}},
	}, Style{Width: 100})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

func TestDifference(t *testing.T) {
	first, second := saved()
	var b strings.Builder
	for _, d := range []*catalog.Difference{catalog.Diff(first, second), catalog.Diff(first, first)} {
		if err := WriteDifference(&b, d, Style{Width: 100}); err != nil {
			t.Fatal(err)
		}
	}
	first.Evaluation = nil
	if err := WriteDifference(&b, catalog.Diff(first, second), Style{Width: 100, Color: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}
