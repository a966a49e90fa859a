package csv_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/pipeline"
)

func texts(names ...string) []arrow.Field {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String}
	}
	return fields
}

// TestColumnsByNameAndNumber reads some columns of several, in another order than the file's.
func TestColumnsByNameAndNumber(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	d := &csv.Dialect{Delimiter: ',', Columns: []string{"id", "text", "1", "note"}}
	plan, err := csv.NewPlan(pipeline.Projection{Columns: texts("note", "1", "0"), Raw: true}, d)
	if err != nil {
		t.Fatal(err)
	}
	b := batch(alloc, []string{
		"identity-1,a text of more than eight bytes,the second,a note at the end\n", `"2","x, ""y""",,"multi` + "\n" + `line"` + "\r\n", "3,,,\n",
		"4,a,b\n", `5,"a"b,c,d` + "\n",
	})
	if err := plan.Decode(b, alloc); err != nil {
		t.Fatal(err)
	}
	defer b.Record.Release()
	got := map[string]string{}
	for _, name := range []string{"note", "1", "0"} {
		got[name] = b.Column(name).String()
	}
	want := map[string]string{
		"note": `["a note at the end" "multi\nline" "" (null) (null)]`,
		"1":    `["the second" "" "" "b" (null)]`,
		"0":    `["identity-1" "2" "3" "4" (null)]`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var faults []string
	for _, f := range b.Faults {
		faults = append(faults, f.Err.Error())
	}
	if d := cmp.Diff([]string{
		"in.csv:5 offset 4: record.fields: row has 3 fields, the first row 4",
		"in.csv:6:6 offset 5: record.quote: there is text between a closing quote and the next delimiter",
	}, faults); d != "" {
		t.Error(d)
	}
}

func TestPlan(t *testing.T) {
	d := &csv.Dialect{Delimiter: ',', Columns: []string{"id", "text"}}
	for name, columns := range map[string][]arrow.Field{
		"columns.unknown": texts("body"), "columns.type": {{Name: "id", Type: arrow.PrimitiveTypes.Int64}},
	} {
		if _, err := csv.NewPlan(pipeline.Projection{Columns: columns}, d); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
	want := pipeline.Projection{Columns: texts("id")}
	plan, err := csv.NewPlan(want, d)
	if err != nil {
		t.Fatal(err)
	}
	if !plan.Serves(want) || plan.Serves(pipeline.Projection{Columns: texts("text")}) || plan.Serves(pipeline.Projection{Columns: texts("id"), Raw: true}) {
		t.Error("a plan serves another projection than its own")
	}
	for name, want := range map[string]int{"text": 1, "0": 0, "2": -1, "-1": -1, "01": -1, "": -1} {
		if got := d.Index(name); got != want {
			t.Errorf("%q is column %d, want %d", name, got, want)
		}
	}
}
