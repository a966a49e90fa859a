package xlsx_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/winnow-stream/winnow/connectors/codec/celltype"
	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
)

// TestTyped writes what was read: numbers, dates and truth values are what they were, under the formats that they had. A text that
// looks like a number stays text, and so does what was changed on the way.
func TestTyped(t *testing.T) {
	b := rows(row(1, inline("A1", "id"), inline("B1", "day"), inline("C1", "share"), inline("D1", "paid"), inline("E1", "code"), inline("F1", "price")) +
		row(2, number("A2", "1.10000000000000001"), `<c r="B2" s="1"><v>45000</v></c>`, `<c r="C2" s="2"><v>0.1234</v></c>`, `<c r="D2" t="b"><v>1</v></c>`, inline("E2", "007"), `<c r="F2" s="3"><v>9.5</v></c>`) +
		row(3, `<c r="B3" s="1"><f>B2+1</f><v>45001</v></c>`, number("C3", "5E-2"), `<c r="D3" t="b"><v>0</v></c>`, inline("E3", "x"), number("F3", ".5")) +
		row(4, number("A4", "3"), inline("E4", "y")))
	b.xfs = `<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>`
	b.extra = map[string]string{"xl/styles.xml": strings.Replace(b.parts()["xl/styles.xml"], `</numFmts>`, `<numFmt numFmtId="165" formatCode="&quot;a&lt;b&quot; 0.00"/></numFmts>`, 1)}
	before := mustRead(t, b.bytes(), xlsx.Options{})

	d, path := put(b.bytes())
	layout, end, err := xlsx.Layout(t.Context(), d, path, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	need := encode.Need(layout, encode.Options{Format: encode.Cells})
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	want := pipeline.Projection{Columns: append(slices.Clone(layout.Schema.Fields()), need.Fields...), Rows: 10, Alloc: alloc}
	r, err := xlsx.Open(t.Context(), d, &pipeline.Split{File: path, End: end}, pipeline.Position{Byte: -1}, want, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	batch, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { batch.Record.Release() }()
	encoder := encode.New(layout, nil, encode.Options{Format: encode.Cells})
	journal, faults, err := encoder.Append(nil, batch)
	const typed = `[1.10000000000000001,{"v":45000,"f":14},{"v":0.1234,"f":"0.00%"},true,"007",{"v":9.5,"f":"\"a<b\" 0.00"}]
[null,{"v":45001,"f":14},5E-2,false,"x",".5"]
[3,null,null,null,"y",null]
`
	if diff := cmp.Diff(typed, string(journal)); diff != "" || err != nil || faults != nil {
		t.Fatal(diff, err, faults)
	}
	var out bytes.Buffer
	if err := xlsx.Write(&out, layout.Names(), bytes.NewReader(journal)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.lines, mustRead(t, out.Bytes(), xlsx.Options{}).lines); diff != "" {
		t.Error(diff)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, want := range map[string]string{"A2": "1.1", "B2": "03-15-23", "B3": "03-16-23", "C2": "12.34%", "C3": "0.05", "D2": "TRUE", "E2": "007", "F2": "a<b 9.50"} {
		if got, err := f.GetCellValue("Sheet1", cell); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", cell, got, err, want)
		}
		if kind, err := f.GetCellType("Sheet1", cell); err != nil || (kind == excelize.CellTypeInlineString) != (cell == "E2") {
			t.Errorf("%s is of type %v, %v", cell, kind, err)
		}
	}

	// A redaction has changed the first column.
	changed := array.NewStringBuilder(alloc)
	defer changed.Release()
	changed.AppendValues([]string{"[ID]", "[ID]", "3"}, []bool{true, false, true})
	column := changed.NewArray()
	defer column.Release()
	columns := slices.Clone(batch.Record.Columns())
	columns[1] = column
	record := array.NewRecordBatch(batch.Record.Schema(), columns, batch.Record.NumRows())
	defer record.Release()
	journal, _, err = encoder.Append(nil, &pipeline.Batch{Split: batch.Split, Record: record})
	if first, _, _ := strings.Cut(string(journal), ","); err != nil || first != `["[ID]"` {
		t.Errorf("%s %v", journal, err)
	}
	if celltype.Field.Name != pipeline.ColCells || layout.Schema.HasField(pipeline.ColCells) {
		t.Error("the column is one of the user's")
	}
}

// TestTypedOldDates leaves dates that count from 1904 as they are shown: another workbook would have other days.
func TestTypedOldDates(t *testing.T) {
	b := rows(row(1, inline("A1", "day")) + row(2, `<c r="A2" s="1"><v>43538</v></c>`))
	b.xfs, b.props = `<xf numFmtId="0"/><xf numFmtId="14"/>`, ` date1904="1"`
	d, path := put(b.bytes())
	layout, end, err := xlsx.Layout(t.Context(), d, path, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Projection{Columns: append(slices.Clone(layout.Schema.Fields()), celltype.Field), Rows: 10, Alloc: memory.DefaultAllocator}
	r, err := xlsx.Open(t.Context(), d, &pipeline.Split{File: path, End: end}, pipeline.Position{Byte: -1}, want, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	batch, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	journal, _, err := encode.New(layout, nil, encode.Options{Format: encode.Cells}).Append(nil, batch)
	if err != nil || string(journal) != "[\"03-15-23\"]\n" {
		t.Errorf("%s %v", journal, err)
	}
}
