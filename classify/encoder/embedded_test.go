package encoder

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestEmbeddedHash(t *testing.T) {
	m, err := Read("minilm", embeddedFile, embeddedOptions)
	if err != nil {
		t.Fatal(err)
	}
	if m.hash != embeddedHash {
		t.Errorf("the embedded model changed: set embeddedHash to %q", m.hash)
	}
}

// TestEmbeddedOrigin packs the checkpoint anew, where it is at hand, and compares with what is compiled in.
func TestEmbeddedOrigin(t *testing.T) {
	dir := os.Getenv("WINNOW_ENCODER")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data", "encoder")
	}
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err != nil {
		t.Skipf("no checkpoint (set WINNOW_ENCODER to its folder): %v", err)
	}
	m, err := Read(dir, func(name string) ([]byte, error) {
		if name == modelFile {
			name = "model_fp16.safetensors"
		}
		return os.ReadFile(filepath.Join(dir, name))
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.Pack(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), embeddedModel) {
		t.Error("the embedded model is not what gen makes of the checkpoint")
	}
}
