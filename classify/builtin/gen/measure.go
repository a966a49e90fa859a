package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
)

// evaluation is what is known of a classifier: catalog.Metrics and more.
type evaluation struct {
	eval.Quality
	Data string `json:"data"` // "sha256:" and the hash of the file
}

// measure judges a classifier by the texts of a file.
func measure(ctx context.Context, k classify.Classifier, file string) (*evaluation, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rows []labelled
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var row labelled
		if err := d.Decode(&row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	defer texts.Release()
	for _, row := range rows {
		texts.Append(row.Text)
	}
	batch := texts.NewStringArray()
	defer batch.Release()
	var out classify.Results
	if err := k.Classify(ctx, batch, &out); err != nil {
		return nil, err
	}
	e := eval.New(eval.Config{Labels: k.Info().Labels})
	for i, row := range rows {
		answer := &eval.Row{Gold: []string{row.Label}, Label: out.Label[i], Confidence: float64(out.Confidence[i]), Reason: out.Reason[i]}
		if _, err := e.Add(answer); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(data)
	return &evaluation{Quality: e.Report().Quality, Data: "sha256:" + hex.EncodeToString(sum[:])}, nil
}

// writeRows writes texts with their labels, a JSON object each.
func writeRows(file string, rows []labelled) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, row := range rows {
		if err := e.Encode(row); err != nil {
			return err
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
