package models_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/models"
)

// A folder is checked, copied, and from then on found by its name.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "models")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	weights, err := os.ReadFile(filepath.Join(root, "classify/static/table/model.safetensors"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, data := range map[string][]byte{"model.safetensors": weights, "vocab.txt": []byte(static.Vocabulary())} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	store := models.New(filepath.Join(dir, "store"))
	if _, err := store.Add("mine", dir); err != nil {
		fmt.Println(err)
		return
	}
	m, err := store.Find("mine")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Name, m.Backend, m.Dim)
	// Output: mine static 256
}
