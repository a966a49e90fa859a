package file

import (
	"bytes"
	"context"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// jsonFormat is one JSON object a line.
type jsonFormat struct {
	src    *Source
	infer  jsonl.Inference
	looked int // bytes that went into infer
	made   *pipeline.Layout
}

func (f *jsonFormat) survey(_ context.Context, p *probe) error {
	if err := p.fill(max(headSize, sampleSize-f.looked)); err != nil {
		return err
	}
	text := bytes.TrimPrefix(p.head, bom)
	if what := jsonl.Document(text, p.atEnd); what != "" {
		jq := "jq -c ."
		if what == jsonl.ArrayDocument {
			jq = "jq -c '.[]'"
		}
		return fault.New(fault.InputFormat, "the file looks like %s; one JSON object on each line is needed", what).
			At(fault.Where{File: p.in.path}).WithFix("convert it, for example with: %s", jq)
	}
	for len(text) > 0 && f.looked < sampleSize && f.infer.Records < sampleRecords {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			if !p.atEnd {
				break
			}
			end = len(text)
		}
		f.infer.Add(text[:end])
		f.looked += end
		text = text[end:]
	}
	return nil
}

func (f *jsonFormat) layout() (*pipeline.Layout, error) {
	f.made = &pipeline.Layout{Format: formatJSONL, Schema: f.infer.Schema(), Open: true, Raw: pipeline.RawJSON, Inferred: true}
	return f.made, nil
}

func (f *jsonFormat) open(ctx context.Context, in *input, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	return f.src.openLines(ctx, in, split, from, want, nil)
}

func (f *jsonFormat) plan(want pipeline.Projection) (planner, error) {
	return jsonl.NewPlan(want, f.made.Schema)
}
