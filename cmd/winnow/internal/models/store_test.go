package models_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/models"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const root = "../../../.."

// folder makes a model's folder of files of the project; those that are empty are left out.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, from := range files {
		data, err := os.ReadFile(filepath.Join(root, from))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), data)
	}
	write(t, filepath.Join(dir, "vocab.txt"), []byte(static.Vocabulary()))
	return dir
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// miniLM is the folder of an encoder, table that of an embedding table.
func miniLM(t testing.TB) string {
	return folder(t, map[string]string{
		"config.json": "classify/encoder/minilm/config.json", "model.safetensors": "classify/encoder/minilm/model.safetensors",
	})
}

func table(t testing.TB) string {
	return folder(t, map[string]string{"model.safetensors": "classify/static/table/model.safetensors"})
}

func TestAdd(t *testing.T) {
	s := models.New(filepath.Join(t.TempDir(), "models"))
	if all, err := s.List(); len(all) != 0 || err != nil {
		t.Fatalf("an empty store has %v, %v", all, err)
	}
	encoder, err := s.Add("mini", miniLM(t))
	if err != nil {
		t.Fatal(err)
	}
	if encoder.Backend != models.Encoder || encoder.Dim != 384 || encoder.Layers != 6 || encoder.Memory < 20<<20 || len(encoder.Notices) == 0 {
		t.Errorf("%+v", encoder)
	}
	tab, err := s.Add("tab", table(t))
	if err != nil || tab.Backend != models.Static || tab.Dim != 256 {
		t.Errorf("%+v, %v", tab, err)
	}
	all, err := s.List()
	if err != nil || len(all) != 2 || all[0].Name != "mini" || all[1].Name != "tab" {
		t.Errorf("%+v, %v", all, err)
	}
	found, err := s.Find("mini")
	if err != nil || found.Hash != encoder.Hash {
		t.Errorf("%+v, %v", found, err)
	}
	again, err := s.Add("mini", found.Folder)
	if err != nil || !again.Added.Equal(found.Added) {
		t.Errorf("the same model again: %+v, %v", again, err)
	}
	if _, err := s.Add("mini", tab.Folder); !fault.Is(err, fault.ModelName) {
		t.Errorf("another model under a name that is taken: %v", err)
	}
	if _, err := s.Find("min"); !fault.Is(err, fault.ModelUnknown) {
		t.Errorf("no such model: %v", err)
	}
	for _, name := range []string{"", "..", "A", "a/b", ".a", strings.Repeat("a", 65)} {
		if _, err := s.Add(name, found.Folder); !fault.Is(err, fault.ModelName) {
			t.Errorf("the name %q: %v", name, err)
		}
	}
}

// TestRefused: what is refused leaves nothing behind, and the error says which file is at fault.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		code   *fault.Code
		want   string
	}{
		"cut short": {
			func(t *testing.T, dir string) {
				if err := os.Truncate(filepath.Join(dir, "model.safetensors"), 1<<20); err != nil {
					t.Fatal(err)
				}
			}, fault.ModelInvalid, "model.safetensors",
		},
		"another architecture": {
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "config.json"), []byte(`{"model_type":"modernbert"}`))
			}, fault.ModelUnsupported, `"modernbert"`,
		},
		"another tokenizer": {
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "tokenizer.json"), []byte(`{"model":{"type":"BPE","vocab":{}}}`))
			}, fault.ModelUnsupported, `tokenizer model "BPE": only WordPiece is supported`,
		},
		"no weights": {
			func(t *testing.T, dir string) {
				if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
					t.Fatal(err)
				}
			}, fault.ModelInvalid, "model.safetensors",
		},
		"not a number": {
			func(t *testing.T, dir string) {
				path := filepath.Join(dir, "model.safetensors")
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				// The file ends with a tensor of float32.
				copy(data[len(data)-4:], []byte{0, 0, 0xc0, 0x7f})
				write(t, path, data)
			}, fault.ModelInvalid, "NaN",
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := miniLM(t), t.TempDir()
			c.change(t, from)
			_, err := models.New(to).Add("mine", from)
			if !fault.Is(err, c.code) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s about %s", err, c.code.ID, c.want)
			}
			if left, err := os.ReadDir(to); err != nil || len(left) > 0 {
				t.Errorf("%v is left behind, %v", slices.Collect(names(left)), err)
			}
		})
	}
}

func names(all []os.DirEntry) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, e := range all {
			if !yield(e.Name()) {
				return
			}
		}
	}
}

// TestDamaged: a model whose description was cut is told of, and the others are listed.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	s := models.New(dir)
	for _, name := range []string{"a", "b"} {
		if _, err := s.Add(name, table(t)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "a", "model.json"), []byte("{"))
	all, err := s.List()
	if !fault.Is(err, fault.ModelInvalid) || len(all) != 1 || all[0].Name != "b" {
		t.Errorf("%+v, %v", all, err)
	}
}
