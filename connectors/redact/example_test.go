package redact_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/connectors/redact"
	"github.com/winnow-stream/winnow/pipeline"
)

// names finds one name.
type names struct{}

func (names) About() classify.ExtractorInfo { return classify.ExtractorInfo{Types: []string{"person"}} }

func (names) Find(dst []classify.Span, text string) []classify.Span {
	if at := strings.Index(text, "Ada"); at >= 0 {
		dst = append(dst, classify.Span{Start: int32(at), End: int32(at) + 3, Confidence: 1})
	}
	return dst
}

func Example() {
	schema := arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String}}, nil)
	record, _, err := array.RecordFromJSON(memory.NewGoAllocator(), schema, strings.NewReader(`[{"text":"a letter to Ada"}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	redaction, err := redact.New(redact.Config{Finder: names{}, Fields: []string{"text"}}).Plan(&pipeline.Layout{Schema: schema})
	if err != nil {
		fmt.Println(err)
		return
	}
	seen, _, err := redaction.Redact(context.Background(), &pipeline.Batch{Record: record})
	fmt.Println(seen.Column(0), err)
	// Output: ["a letter to [PERSON]"] <nil>
}
