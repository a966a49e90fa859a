package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// A pipeline labels the lines of a file, exactly once: killed at any moment, the same program goes on where it was.
func Example() {
	dir, err := os.MkdirTemp("", "winnow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	lines := `{"id":1,"text":"refund my last invoice"}` + "\n" + `{"id":2,"text":"the app crashes at start"}` + "\n"
	if err := os.WriteFile(in, []byte(lines), 0o644); err != nil {
		fmt.Println(err)
		return
	}

	env := pipeline.Env{FS: disk.OS{}}
	source, err := (&file.SourceConfig{Path: in}).NewSource(env)
	if err != nil {
		fmt.Println(err)
		return
	}
	sink, err := file.SinkConfig{Path: out}.NewSink(env)
	if err != nil {
		fmt.Println(err)
		return
	}
	classifier, err := static.New(static.Config{Labels: classify.LabelSet{
		{Name: "billing", Description: "Payments, invoices, refunds"},
		{Name: "bug", Description: "Something is broken"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := pipeline.New(pipeline.Config{
		Source:     source,
		Stages:     []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}}, // or package expr's
		Classifier: classifier,
		Sinks:      []pipeline.NamedSink{{Name: "default", Sink: sink}},
		State:      out + ".winnow",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	summary, err := p.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Phase, summary.Counts.Read, summary.Counts.Delivered)
	for _, l := range summary.Tally.Labels {
		fmt.Println(l.Name, l.Count)
	}
	// Output:
	// completed 2 2
	// billing 1
	// bug 1
}
