package expr_test

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
)

// tickets is an input of three records, and its layout.
func tickets() (*pipeline.Layout, *pipeline.Batch) {
	columns := []arrow.Field{
		{Name: "subject", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "body", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "stars", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}
	b := array.NewRecordBuilder(memory.NewGoAllocator(),
		arrow.NewSchema(append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, columns...), nil))
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"Crash", "Invoice", "Hello"}, nil)
	b.Field(2).(*array.StringBuilder).AppendValues([]string{"on login", "is wrong", ""}, []bool{true, true, false})
	b.Field(3).(*array.Int64Builder).AppendValues([]int64{1, 5, 3}, nil)
	layout := &pipeline.Layout{Format: "csv", Schema: arrow.NewSchema(columns, nil)}
	return layout, &pipeline.Batch{Split: &pipeline.Split{File: "tickets.csv"}, Record: b.NewRecordBatch()}
}

func ExampleText() {
	layout, batch := tickets()
	text := expr.NewText(expr.Code{Text: `subject + ": " + body`}, nil)
	if _, err := text.Needs(layout); err != nil {
		fmt.Println(err)
	}
	if err := text.Process(context.Background(), batch); err != nil {
		fmt.Println(err)
	}
	fmt.Println(batch.Column(pipeline.ColText))
	for _, f := range batch.Faults {
		fmt.Println(f.Err)
	}
	// Output:
	// ["Crash: on login" "Invoice: is wrong" (null)]
	// tickets.csv:4 field body: record.text_missing: the record has no text: "body" is missing or null
}

func ExampleFilter() {
	layout, batch := tickets()
	filter := expr.NewFilter(expr.Code{Text: `stars >= 3`})
	if _, err := filter.Needs(layout); err != nil {
		fmt.Println(err)
	}
	if err := filter.Process(context.Background(), batch); err != nil {
		fmt.Println(err)
	}
	fmt.Println(batch.Live(0), batch.Live(1), batch.Live(2))
	// Output: false true true
}

func ExampleRoute() {
	layout, batch := tickets()
	batch.Labels, batch.Confidence = []int32{0, 1, 0}, []float32{0.9, 0.7, 0.4}
	route := expr.NewRoute([]expr.Rule{
		{When: expr.Code{Text: `label == "bug" && confidence > 0.8`}, Sink: 1},
		{When: expr.Code{Text: `confidence < 0.5`}, Sink: 2},
	}, 0, []string{"bug", "billing"})
	if _, err := route.Needs(layout); err != nil {
		fmt.Println(err)
	}
	sinks := make([]int16, batch.Len())
	if err := route.Route(context.Background(), batch, sinks); err != nil {
		fmt.Println(err)
	}
	fmt.Println(sinks)
	// Output: [1 0 2]
}

func ExampleFieldsOf() {
	fields, _ := expr.FieldsOf(expr.Code{Text: `user.name + ": " + record["Review Text"]`})
	fmt.Printf("%q\n", fields)
	// Output: ["Review Text" "user.name"]
}

func ExampleCheckFilter() {
	err := expr.CheckFilter(expr.Code{Text: `lang == "en" and`})
	fmt.Println(err)
	// Output:
	// config.expression: unexpected token EOF
	//     | lang == "en" and
	//     | ...............^
}
