// Command gen packs a BERT encoder for compiling it in:
//
//	go run ./classify/encoder/gen FOLDER classify/encoder/minilm
//
// FOLDER has config.json, tokenizer.json and the weights, as model.safetensors or model_fp16.safetensors. The same folder
// gives the same bytes.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/encoder"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER INTO")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack rounds the model of the folder from to int8 and writes it into another.
func pack(from, into string) error {
	open := func(name string) ([]byte, error) {
		if name == "model.safetensors" {
			if data, err := os.ReadFile(filepath.Join(from, "model_fp16.safetensors")); err == nil {
				return data, nil
			}
		}
		return os.ReadFile(filepath.Join(from, name))
	}
	m, err := encoder.Read(from, open, encoder.Options{Precision: encoder.Int8})
	if err != nil {
		return err
	}
	config, err := open("config.json")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(into, "config.json"), config, 0o644); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(into, "model.safetensors"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err := m.Pack(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
