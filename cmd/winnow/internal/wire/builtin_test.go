package wire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/goccy/go-yaml"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/builtin"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// builtinData is what the built-in classifiers are judged by.
const builtinData = "../../../../classify/builtin/testdata"

// rounding is how far a manifest's figures may be from the exact ones: they have 4 decimals.
const rounding = 0.5001e-4

// labelledText is a line of a data file.
type labelledText struct {
	Text   string   `json:"text"`
	Label  string   `json:"label"`
	Labels []string `json:"labels"`
}

func readTexts(t *testing.T, data []byte) (rows []labelledText) {
	t.Helper()
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var row labelledText
		must(t, d.Decode(&row))
		rows = append(rows, row)
	}
	return rows
}

func textsOf(rows []labelledText) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for _, row := range rows {
		b.Append(row.Text)
	}
	return b.NewStringArray()
}

// accuracy is the share of texts that get their label.
func accuracy(t *testing.T, k classify.Classifier, rows []labelledText) float64 {
	t.Helper()
	texts := textsOf(rows)
	defer texts.Release()
	var out classify.Results
	must(t, k.Classify(context.Background(), texts, &out))
	right := 0
	for i, row := range rows {
		if l := out.Label[i]; l >= 0 && k.Info().Labels[l] == row.Label {
			right++
		}
	}
	return float64(right) / float64(len(rows))
}

// TestBuiltins holds each built-in classifier to the accuracy that its manifest claims, on the very file that it names.
func TestBuiltins(t *testing.T) {
	cat := emptyCatalog(t)
	for _, b := range builtin.All() {
		t.Run(b.Name, func(t *testing.T) {
			v, err := cat.Resolve(b.Name)
			must(t, err)
			claimed, err := catalog.ParseMetrics(v.Evaluation)
			must(t, err)
			k, err := new(maker).classifier(&spec.Classify{Classifier: b.Name})
			must(t, err)
			if info := k.Info(); info.Version != v.Ref() || !slices.Equal(info.Labels, v.Labels.Names()) {
				t.Errorf("%+v", info)
			}
			data, err := os.ReadFile(filepath.Join(builtinData, b.Name+".jsonl"))
			must(t, err)
			sum := sha256.Sum256(data)
			if "sha256:"+hex.EncodeToString(sum[:]) != claimed.Data {
				t.Error("it was measured on another file; run go generate ./classify/builtin")
			}
			rows := readTexts(t, data)
			if got := accuracy(t, k, rows); int64(len(rows)) != claimed.Rows || math.Abs(got-*claimed.Accuracy) > rounding {
				t.Errorf("accuracy %.4f on %d texts; the manifest says %.4f on %d", got, len(rows), *claimed.Accuracy, claimed.Rows)
			}
		})
	}
}

// least is the accuracy that a built-in classifier has on public sets of texts that nobody chose for it.
var least = map[string]float64{
	"sentiment/goemotions": 0.53, "spam/sms_spam": 0.87, "topics/snips": 0.66, "topics/hwu64": 0.76, "topics/clinc150": 0.67,
	"intent/banking77": 0.48, "intent/clinc150": 0.49, "intent/hwu64": 0.56,
	"language/banking77": 0.99, "language/clinc150": 0.98, "language/goemotions": 0.96, "language/sms_spam": 0.95,
}

// TestBuiltinSets judges the built-in classifiers by public sets, whose labels sets.yaml translates. docs/classifiers.md
// has the figures.
func TestBuiltinSets(t *testing.T) {
	folder := evalset.Folder()
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no evaluation sets (set WINNOW_SETS to their folder): %v", err)
	}
	emptyCatalog(t)
	data, err := os.ReadFile(filepath.Join(builtinData, "sets.yaml"))
	must(t, err)
	var sets map[string]map[string]map[string][]string // classifier, set, label: labels of the set
	must(t, yaml.Unmarshal(data, &sets))
	for name, bySet := range sets {
		for set, means := range bySet {
			t.Run(name+"/"+set, func(t *testing.T) {
				k, err := new(maker).classifier(&spec.Classify{Classifier: name})
				must(t, err)
				data, err := os.ReadFile(filepath.Join(folder, set, "test.jsonl"))
				must(t, err)
				rows := translated(readTexts(t, data), means)
				got := accuracy(t, k, rows)
				t.Logf("%.3f of %d texts", got, len(rows))
				if want := least[name+"/"+set]; want == 0 || got < want {
					t.Errorf("%.3f of %d texts are right, not %.2f", got, len(rows), want)
				}
			})
		}
	}
}

// translated are the texts whose labels mean one and the same label.
func translated(rows []labelledText, means map[string][]string) (out []labelledText) {
	for _, row := range rows {
		var mine []string
		for label, theirs := range means {
			if slices.Contains(theirs, "*") ||
				slices.ContainsFunc(append(row.Labels, row.Label), func(l string) bool { return slices.Contains(theirs, l) }) {
				mine = append(mine, label)
			}
		}
		if len(mine) == 1 {
			out = append(out, labelledText{Text: row.Text, Label: mine[0]})
		}
	}
	return out
}
