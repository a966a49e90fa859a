package encoder

import (
	_ "embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/winnow-stream/winnow/classify/static"
)

// The embedded model: MiniLM tuned for label matching, packed by gen. minilm/NOTICE.md has its licence. It shares the
// vocabulary with the embedded static table.
var (
	//go:embed minilm/model.safetensors
	embeddedModel []byte
	//go:embed minilm/config.json
	embeddedConfig []byte
)

// embeddedHash is the hash that Read gives the embedded files; a test holds it. It is a constant so that a start need not
// read 23 MB.
const embeddedHash = "20597ce9129fefab7b69b88eb5b9eaf35653f70fe7a0ac29845de193c5f5b9e8"

// Embedded returns the model that is compiled into the binary, in int8. Its weights are used where they lie, so that the
// pages of the binary that hold them are read when they are needed first.
var Embedded = sync.OnceValues(func() (*Model, error) {
	m, err := read("minilm", embeddedFile, embeddedOptions, nil)
	if err != nil {
		return nil, fmt.Errorf("embedded model: %w", err)
	}
	m.hash = embeddedHash
	return m, nil
})

var embeddedOptions = Options{Precision: Int8, Pooling: Mean}

// embeddedFile returns the files of the embedded model.
func embeddedFile(name string) ([]byte, error) {
	switch name {
	case ConfigFile:
		return embeddedConfig, nil
	case modelFile:
		return embeddedModel, nil
	case "vocab.txt":
		return []byte(static.Vocabulary()), nil
	}
	return nil, fs.ErrNotExist
}
