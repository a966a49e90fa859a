package tagger_test

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// Examples are JSON lines; a model finds entities in texts, and goes through a file.
func Example() {
	f, err := os.Open("testdata/spans.jsonl")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	m, _, err := tagger.Train(context.Background(), tagger.Config{}, tagger.Read("spans.jsonl", f), nil)
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	if _, err := m.WriteTo(&file); err != nil {
		panic(err)
	}
	if m, err = tagger.Load(&file, nil); err != nil {
		panic(err)
	}
	text := "Please call Anna Weber in Oslo!"
	for _, s := range m.Find(nil, text) {
		fmt.Println(m.Types()[s.Type], text[s.Start:s.End])
	}
	// Output:
	// person Anna Weber
	// place Oslo
}
