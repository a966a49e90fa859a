package wire

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

var fastTextModel = filepath.Join("..", "..", "..", "..", "classify", "linear", "fasttext", "testdata", "golden", "softmax.bin")

// TestFastTextModel labels by a fastText model, from its file and as a saved classifier.
func TestFastTextModel(t *testing.T) {
	c := emptyCatalog(t)
	save(t, c, "ft", &spec.Classify{Backend: backendLinear, Model: fastTextModel})
	save(t, c, "some", &spec.Classify{Backend: backendLinear, Model: fastTextModel, Labels: classify.LabelSet{{Name: "crash"}, {Name: "praise"}}, TopK: 2})
	in := write(t, t.TempDir(), "in.jsonl", `{"text":"the app crashes again and again"}`+"\n")
	for name, how := range map[string]*Simple{
		"file":  {Model: fastTextModel},
		"named": {Model: fastTextModel, Backend: backendLinear},
		"saved": {Classifier: "ft"},
	} {
		how.Inputs = []string{in}
		out, _ := run(t, how)
		if len(out) != 1 || out[0].Record["label"] != "crash" || fmt.Sprint(out[0].Record["confidence"]) != "0.9484" {
			t.Errorf("%s: %v", name, out)
		}
	}
	out, _ := run(t, &Simple{Inputs: []string{in}, Classifier: "some"})
	if list := fmt.Sprintf("%s", out[0].Record["labels"]); strings.Count(list, "label") != 2 || !strings.Contains(list, "praise") {
		t.Errorf("%s", list)
	}
}

func TestFastTextModelRefused(t *testing.T) {
	for _, c := range []struct {
		k    spec.Classify
		code *fault.Code
	}{
		{spec.Classify{Backend: backendLinear}, fault.ConfigMissing},
		{spec.Classify{Backend: backendLinear, Model: "nowhere.bin"}, fault.ModelInvalid},
		{spec.Classify{Backend: backendLinear, Model: "linear_test.go"}, fault.ModelInvalid},
		{spec.Classify{Backend: backendLinear, Model: fastTextModel, Labels: classify.LabelSet{{Name: "crush"}}}, fault.LabelsUnknown},
	} {
		if _, err := new(maker).classifier(&c.k); !fault.Is(err, c.code) {
			t.Errorf("%+v: %v", c.k, err)
		}
	}
}
