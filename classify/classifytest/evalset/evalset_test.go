package evalset_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("WINNOW_SETS", dir)
	if evalset.Has("two") {
		t.Error("there is no set yet")
	}
	if err := os.Mkdir(filepath.Join(dir, "two"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"labels.json": `[{"name": "a"}, {"name": "b"}]`,
		"train.jsonl": `{"text": "x", "label": "b"}` + "\n",
		"test.jsonl":  `{"text": "y", "labels": ["b", "a"]}` + "\n" + `{"text": "z", "label": "a"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, "two", name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := &evalset.Set{
		Labels: classify.LabelSet{{Name: "a"}, {Name: "b"}},
		Train:  []evalset.Example{{Text: "x", Labels: []string{"b"}, Gold: []int32{1}}},
		Test: []evalset.Example{
			{Text: "y", Labels: []string{"b", "a"}, Gold: []int32{1, 0}}, {Text: "z", Labels: []string{"a"}, Gold: []int32{0}},
		},
	}
	if diff := cmp.Diff(want, evalset.Load(t, "two")); diff != "" || !evalset.Has("two") {
		t.Error(diff)
	}
}

// always answers the first label, with a confidence of 0.9.
type always struct{}

func (always) Info() classify.Info { return classify.Info{Labels: []string{"a", "b"}} }

func (always) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for i := range texts.Len() {
		out.Label[i], out.Confidence[i] = 0, 0.9
	}
	return nil
}

func TestMeasure(t *testing.T) {
	q := evalset.Measure(t, always{}, []evalset.Example{{Gold: []int32{0}}, {Gold: []int32{1}}, {Gold: []int32{1, 0}}, {Gold: []int32{0}}})
	if q.Accuracy != 75 || math.Abs(q.ECE-0.15) > 1e-6 {
		t.Errorf("%+v", q)
	}
}
