package scaffold_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/scaffold"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

const source = "../../../.."

// A project is named by its folder everywhere.
func Example() {
	dir, err := os.MkdirTemp("", "scaffold")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for _, kind := range []manifest.Kind{manifest.Classifier, manifest.Source, manifest.Sink} {
		if _, err := scaffold.Project(scaffold.Go, kind, filepath.Join(dir, "my-"+string(kind)), "mine", source); err != nil {
			fmt.Println(err)
			return
		}
		m, err := manifest.Read(filepath.Join(dir, "my-"+string(kind)))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.Name, m.Kinds, m.Command)
	}
	// Output:
	// mine [classifier] [bin/mine]
	// mine [source] [bin/mine]
	// mine [sink] [bin/mine]
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := scaffold.Project(scaffold.Go, manifest.Classifier, dir, "mine", source); !fault.Is(err, fault.PluginExists) {
		t.Errorf("a folder that is there: %v", err)
	}
	if _, err := scaffold.Project(scaffold.Go, manifest.Classifier, filepath.Join(dir, "mine"), "mine", dir); !fault.Is(err, fault.Usage) {
		t.Errorf("a folder without winnow's source: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
