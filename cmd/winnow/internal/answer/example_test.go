package answer_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/answer"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// Rows that were labelled before are read out of a copy that goes nowhere.
func ExampleSink() {
	e := eval.New(eval.Config{})
	sink := answer.NewSink(answer.Config{
		Gold: "team", Predictions: "label", Label: e.Label,
		Add: func(r *eval.Row) error { _, err := e.Add(r); return err },
	})
	in := strings.NewReader("team,label,confidence\nbilling,billing,0.9\nbugs,billing,0.6\n")
	source, err := (&file.SourceConfig{Path: "-", Format: "csv", Stdin: in}).NewSource(pipeline.Env{FS: disk.OS{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := pipeline.New(pipeline.Config{Source: source, Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	r := e.Report()
	fmt.Println(r.Rows, r.Accuracy, r.Confusions)
	// Output: 2 0.5 [{bugs billing 1}]
}
