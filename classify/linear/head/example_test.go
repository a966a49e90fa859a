package head_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

// A model is trained from examples, saved, loaded, and asked.
func Example() {
	examples := func(yield func(head.Example, error) bool) {
		for _, e := range []head.Example{
			{Text: "you charged me twice", Labels: []string{"billing"}},
			{Text: "where is my refund", Labels: []string{"billing"}},
			{Text: "it crashes when I open settings", Labels: []string{"bug"}},
			{Text: "the button does nothing", Labels: []string{"bug"}},
		} {
			if !yield(e, nil) {
				return
			}
		}
	}
	ctx := context.Background()
	m, report, err := head.Train(ctx, head.Config{}, examples, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Used, "examples of", report.Labels, "labels")

	var file bytes.Buffer
	if _, err := m.WriteTo(&file); err != nil {
		fmt.Println(err)
		return
	}
	if m, err = head.Load(&file, nil); err != nil {
		fmt.Println(err)
		return
	}
	texts := evalset.Array("I want my money back", "the page crashes")
	defer texts.Release()
	var out classify.Results
	if err := m.Classify(ctx, texts, &out); err != nil {
		fmt.Println(err)
		return
	}
	for i := range texts.Len() {
		fmt.Println(texts.Value(i), "→", m.Info().Labels[out.Label[i]])
	}
	// Output:
	// 4 examples of 2 labels
	// I want my money back → billing
	// the page crashes → bug
}
