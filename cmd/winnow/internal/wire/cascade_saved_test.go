package wire

import (
	"io/fs"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// FuzzLoadCascade: whatever the stages of a saved cascade say, loading them gives a classifier or coded errors.
func FuzzLoadCascade(f *testing.F) {
	stage := `{"classifier":"quick@v1","confidence":0.5,"backend":{"name":"static","format":1},"options":{"mode":"single"},"labels":[{"name":"a"},{"name":"b"}]}`
	f.Add(`[` + stage + `,` + stage[:len(stage)-1] + `,"confidence":null}]`)
	f.Add(`[` + stage + `]`)
	f.Add(`null`)
	f.Add(`[{"classifier":"deep@v1","backend":{"name":"cascade","format":1},"options":{},"labels":[]}]`)
	f.Add(`[{"classifier":"x","backend":{"name":"linear","format":2},"weights":["model.bin"]}]`)
	m := &catalog.Manifest{Name: "tiered", Number: 1, Labels: classify.LabelSet{{Name: "a"}, {Name: "b"}}}
	f.Fuzz(func(t *testing.T, stages string) {
		k, err := new(maker).loadCascade(m, func(name string) ([]byte, error) {
			if name == cascadeBlob {
				return []byte(stages), nil
			}
			return nil, fs.ErrNotExist
		})
		if err == nil {
			if k == nil || len(k.Info().Labels) == 0 {
				t.Error("neither a classifier nor an error")
			}
			return
		}
		for _, e := range fault.List(err) {
			if e.Code == nil || e.What == "" {
				t.Errorf("%#v says nothing", e)
			}
		}
	})
}
