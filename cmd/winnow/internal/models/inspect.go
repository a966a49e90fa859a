package models

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/static"
)

// The backends that take a model of the user's own.
const (
	Encoder = "encoder"
	Static  = "static"
)

// tableType is the model_type of a table's config.json, where it has one.
const tableType = "model2vec"

// backendOf tells by a folder's config.json which backend reads it. What is neither is an encoder's to refuse by its name.
func backendOf(dir string) string {
	var config struct {
		Type string `json:"model_type"`
	}
	data, err := os.ReadFile(filepath.Join(dir, encoder.ConfigFile))
	if err == nil && json.Unmarshal(data, &config) == nil && config.Type == tableType {
		return Static
	}
	if os.IsNotExist(err) {
		return Static
	}
	return Encoder
}

// inspect loads a folder as its backend does, and says what it holds and which files that took.
func inspect(dir string) (*Model, []string, error) {
	var files []string
	read := func(name string) ([]byte, error) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil {
			files = append(files, name)
		}
		return data, err
	}
	if backendOf(dir) == Static {
		// Load words what is wrong with a file, and bounds its size; Read then says which files there are.
		if _, err := static.Load(dir); err != nil {
			return nil, nil, err
		}
		t, err := static.Read(dir, read)
		if err != nil {
			return nil, nil, err
		}
		return &Model{Backend: Static, Hash: t.Hash(), Dim: t.Dim(), Memory: t.Size()}, files, nil
	}
	if _, err := encoder.Load(dir, encoder.Options{}); err != nil {
		return nil, nil, err
	}
	m, err := encoder.Read(dir, read, encoder.Options{})
	if err != nil {
		return nil, nil, err
	}
	return &Model{
		Backend: Encoder, Hash: m.Hash(), Dim: m.Dim(), Layers: m.Architecture().Layers, Memory: m.Size(), Notices: m.Notices(),
	}, files, nil
}
