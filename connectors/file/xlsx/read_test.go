package xlsx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCells reads every kind of cell.
func TestCells(t *testing.T) {
	b := rows(row(2, `<c t="s"><v>0</v></c>`, `<c t="s"><v>1</v></c>`, inline("C2", "n")) + // a header in the second row, cells without names
		row(3, `<c r="A3" t="s"><v>2</v></c>`, inline("B3", "a &amp; b &#228; <![CDATA[x<y]]>"), number("C3", "12")) +
		`<row/>` + // row 4, blank
		row(6, `<c r="A6" t="b"><v>1</v></c>`, `<c r="B6" t="b"><v>0</v></c>`, number("C6", "0.10000000000000001")) +
		row(7, `<c r="B7" t="str"><f>A1&amp;"x"</f><v>cached</v></c>`, `<c r="C7" t="d"><v>2026-01-31T00:00:00</v></c>`) +
		row(8, `<c r="A8" t="str"><f>""</f><v></v></c>`, `<c r="B8" t="e"><f>1/0</f><v>#DIV/0!</v></c>`) +
		row(9, `<c r="A9"><f>SUM(1,2)</f></c>`, inline("B9", "x")) +
		row(10, inline("A10", "_x000D_ _x0041_ _x005F_x0041_ x_x _xD83D__xDE00_ _xD83D_"), `<c r="B10" s="1"/>`) +
		row(11, `<c r="A11" t="inlineStr"><is><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>hint</t></rPh></is></c>`, number("C11", "12345678901234567890")) +
		row(12, inline("A12", "a"), inline("D12", "stray")) +
		row(13, inline("A13", "a"), `<c r="E13" s="0"/>`) +
		row(14, inline("A14", strings.Repeat("x", 1001))) +
		row(15, number("A15", "1E300"), number("B15", "1.5E-7"), number("C15", "-0.5")))
	b.shared = []string{`<t>id</t>`, `<r><t>te</t></r><r><t>xt</t></r><rPh><t>no</t></rPh>`, `<t>shared</t>`}
	b.sheets[0].after = `<mergeCells count="1"><mergeCell ref="A3:B3"/></mergeCells>`
	got := mustRead(t, b.bytes(), xlsx.Options{})
	want := []string{
		`2: "shared" "a & b ä x<y" "12"`,
		`5: "TRUE" "FALSE" "0.1"`,
		`6: null "cached" "2026-01-31T00:00:00"`,
		`7! /in.xlsx offset 7 cell B8: record.cell_error: cell B8 holds the error #DIV/0!`,
		`8! /in.xlsx offset 8 cell A9: record.formula: cell A9 has a formula without a stored result`,
		`9: "\r A _x0041_ x_x 😀 ` + "\ufffd" + `" null null`,
		`10: "rich " null "12345678901234567890"`,
		`11! /in.xlsx offset 11 cell D12: record.fields: cell D12 lies beyond the header, which has 3 columns`,
		`12: "a" null null`,
		`13! /in.xlsx offset 13: record.too_large: the row holds 1001 bytes, more than 1000`,
		`14: "1E+300" "0.00000015" "-0.5"`,
	}
	want[len(want)-1] = `14: "1E+300" "1.5E-07" "-0.5"`
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"id", "text", "n"}, got.columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"the sheet has 1 merged ranges; each has its value in its first cell, the others are empty"}, got.notes); diff != "" {
		t.Error(diff)
	}
	if got.end != 15 || got.blank != 1 {
		t.Errorf("end %d, blank %d", got.end, got.blank)
	}
}

// TestFormats shows numbers as their cells do.
func TestFormats(t *testing.T) {
	b := rows(row(1, inline("A1", "date"), inline("B1", "share"), inline("C1", "money")) +
		row(2, `<c r="A2" s="1"><v>45000</v></c>`, `<c r="B2" s="2"><v>0.1234</v></c>`, `<c r="C2" s="3"><v>1234.5</v></c>`) +
		row(3, `<c r="A3" s="1"><v>45000</v></c>`, `<c r="B3" s="4"><v>7</v></c>`, `<c r="C3" s="99"><v>7</v></c>`) +
		row(4, `<c r="A4" s="5"><v>45000.5</v></c>`))
	b.xfs = `<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="4"/><xf numFmtId="49"/><xf numFmtId="22"/>`
	got := mustRead(t, b.bytes(), xlsx.Options{})
	want := []string{`1: "03-15-23" "12.34%" "1,234.50"`, `2: "03-15-23" "7" "7"`, `3: "3/15/23 12:00" null null`}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
	b.props = ` date1904="1"`
	if got := mustRead(t, b.bytes(), xlsx.Options{}); got.lines[1] != `2: "03-16-27" "7" "7"` {
		t.Errorf("from 1904: %s", got.lines[1])
	}
}

// TestSheets chooses among sheets.
func TestSheets(t *testing.T) {
	data := row(1, inline("A1", "text")) + row(2, inline("A2", "in "))
	b := book{sheets: []sheet{
		{name: "Hidden", state: "hidden", rows: strings.ReplaceAll(data, "in ", "hidden")},
		{name: "Empty"},
		{name: "Header only", rows: row(1, inline("A1", "text")) + row(2, `<c r="A2" s="1"/>`)},
		{name: "A &amp; B", rows: strings.ReplaceAll(data, "in ", "ab")},
		{name: "Last", rows: strings.ReplaceAll(data, "in ", "last")},
	}}
	for _, c := range []struct {
		sheet, want, err string
	}{
		{"", "ab", ""},
		{"Hidden", "hidden", ""},
		{"A & B", "ab", ""},
		{"Last", "last", ""},
		{"Lost", "", "/in.xlsx: input.missing: there is no sheet \"Lost\"; the sheets are \"Hidden\", \"Empty\", \"Header only\", \"A & B\", \"Last\"\n  fix: did you mean \"Last\"?"},
		{"Empty", "", "/in.xlsx: input.empty: the sheet Empty holds no record\n  fix: check the path and the file's content"},
		{"Header only", "", "/in.xlsx: input.empty: the sheet Header only holds no record\n  fix: check the path and the file's content"},
	} {
		d, path := put(b.bytes())
		got, err := read(d, path, xlsx.Options{Sheet: c.sheet}, 10, 0)
		if e, ok := fault.As(err); ok {
			if diff := cmp.Diff(c.err, e.Explain()); diff != "" {
				t.Errorf("%q: %s", c.sheet, diff)
			}
			continue
		}
		if err != nil || len(got.lines) != 1 || got.lines[0] != fmt.Sprintf("1: %q", c.want) {
			t.Errorf("%q: %v, %v", c.sheet, got, err)
		}
	}
	got := mustRead(t, b.bytes(), xlsx.Options{})
	if diff := cmp.Diff([]string{`the workbook has 5 sheets; "A & B" is read`}, got.notes); diff != "" {
		t.Error(diff)
	}
}

func TestHeaders(t *testing.T) {
	b := rows(row(1, inline("B1", " text "), inline("D1", "label")) + row(2, number("A2", "0"), inline("B2", "x")))
	got := mustRead(t, b.bytes(), xlsx.Options{})
	if diff := cmp.Diff([]string{"column_1", "text", "column_3", "label"}, got.columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"column 1 has no name in the header and is called column_1", "column 3 has no name in the header and is called column_3"}, got.notes); diff != "" {
		t.Error(diff)
	}
	got = mustRead(t, b.bytes(), xlsx.Options{NoHeader: true})
	if diff := cmp.Diff([]string{`0: null " text " null "label"`, `1: "0" "x" null null`}, got.lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"column_1", "column_2", "column_3", "column_4"}, got.columns); diff != "" {
		t.Error(diff)
	}
}

// TestTitles finds the columns' names below titles, and takes the first row for them where it can't be told.
func TestTitles(t *testing.T) {
	title := row(1, inline("A1", "Feedback of the third quarter"))
	names := row(4, inline("A4", "id"), inline("B4", "text"), inline("C4", "when"))
	record := row(5, number("A5", "1"), inline("B5", "it crashes"), inline("C5", "today"))
	const note = "the columns have their names in row 4; what stands above it, from row 1 on, is left out"
	for name, c := range map[string]struct {
		rows, columns string
		notes         []string
	}{
		"a title":                   {title + names + record, "id text when", []string{note}},
		"titles":                    {title + row(2, inline("B2", "secret")) + row(3) + names + record, "id text when", []string{note}},
		"a name alone":              {row(1, inline("A1", "text")) + row(2, inline("A2", "a")) + row(3, inline("A3", "b")), "text", nil},
		"values beside the records": {row(1, inline("A1", "text")) + row(2, inline("A2", "a"), number("B2", "1")) + row(3, inline("A3", "b"), number("B3", "2")), "text", nil},
		"no names":                  {names + row(5, inline("B5", "it crashes")), "id text when", nil},
	} {
		got := mustRead(t, rows(c.rows).bytes(), xlsx.Options{})
		if strings.Join(got.columns, " ") != c.columns || cmp.Diff(c.notes, got.notes) != "" {
			t.Errorf("%s: %q %q", name, got.columns, got.notes)
		}
	}
	got := mustRead(t, rows(title+names+record).bytes(), xlsx.Options{})
	if diff := cmp.Diff([]string{`4: "1" "it crashes" "today"`}, got.lines); diff != "" {
		t.Error(diff)
	}
}

// TestNeeded rejects records for errors of cells in the columns that are needed; elsewhere they are values.
func TestNeeded(t *testing.T) {
	b := rows(row(1, inline("A1", "text"), inline("B1", "sum")) +
		row(2, inline("A2", "a"), `<c r="B2" t="e"><v>#REF!</v></c>`) + row(3, inline("A3", "b"), `<c r="B3"><f>A1</f></c>`) + row(4, `<c r="A4"><f>A1</f></c>`, number("B4", "1")))
	for _, c := range []struct {
		needed []string
		want   []string
	}{
		{nil, []string{"dead", "dead", "dead"}},
		{[]string{"text"}, []string{`1: "a" "#REF!"`, `2: "b" null`, "dead"}},
	} {
		got := mustRead(t, b.bytes(), xlsx.Options{Needed: c.needed}).lines
		for i, line := range got {
			if strings.Contains(line, "record.") {
				got[i] = "dead"
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.needed, diff)
		}
	}
}

// TestResume reads from every offset on, in batches of every size, and gets what follows it.
func TestResume(t *testing.T) {
	var b strings.Builder
	b.WriteString(row(1, inline("A1", "text")))
	for i := 2; i <= 30; i++ {
		switch {
		case i%7 == 0: // rows the file does not have
		case i%5 == 0:
			b.WriteString(row(i))
		default:
			b.WriteString(row(i, inline(fmt.Sprintf("A%d", i), strconv.Itoa(i))))
		}
	}
	d, path := put(rows(b.String()).bytes())
	whole, err := read(d, path, xlsx.Options{}, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	for from := range int64(32) {
		var want []string
		for _, l := range whole.lines {
			if offset := int64(0); true {
				if _, err := fmt.Sscanf(l, "%d:", &offset); err != nil {
					t.Fatal(err)
				}
				if offset >= from {
					want = append(want, l)
				}
			}
		}
		for _, batch := range []int{1, 2, 7} {
			got, err := read(d, path, xlsx.Options{}, batch, from)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.lines); diff != "" {
				t.Fatalf("from %d in batches of %d: %s", from, batch, diff)
			}
			for i, p := range got.next {
				if p.Byte != -1 || i > 0 && p.Offset <= got.next[i-1].Offset {
					t.Fatalf("positions: %+v", got.next)
				}
			}
		}
	}
}

// TestProjection reads some columns only: errors in others don't matter.
func TestProjection(t *testing.T) {
	d, path := put(rows(row(1, inline("A1", "a"), inline("B1", "b")) + row(2, `<c r="A2" t="e"><v>#REF!</v></c>`, inline("B2", "x"))).bytes())
	open := func(fields ...arrow.Field) (pipeline.Reader, error) {
		want := pipeline.Projection{Columns: fields, Alloc: memory.DefaultAllocator}
		return xlsx.Open(context.Background(), d, &pipeline.Split{File: path}, pipeline.Position{}, want, xlsx.Options{})
	}
	r, err := open(arrow.Field{Name: "b", Type: arrow.BinaryTypes.String})
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Next(context.Background())
	if err != nil || b.Len() != 1 || b.Faults != nil || b.Record.NumCols() != 2 {
		t.Errorf("%+v, %v", b, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := open(arrow.Field{Name: "c", Type: arrow.BinaryTypes.String}); !fault.Is(err, fault.ColumnsUnknown) {
		t.Error(err)
	}
	if _, err := open(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64}); !fault.Is(err, fault.ColumnsType) {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	d, path := put(rows(row(1, inline("A1", "a")) + row(2, inline("A2", "b"))).bytes())
	ctx, cancel := context.WithCancel(context.Background())
	r, err := xlsx.Open(ctx, d, &pipeline.Split{File: path}, pipeline.Position{}, pipeline.Projection{Alloc: memory.DefaultAllocator}, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = r.Next(ctx)
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := xlsx.Layout(ctx, d, path, xlsx.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestChanged holds that a file which is written to while it is read gives no end.
func TestChanged(t *testing.T) {
	data := rows(row(1, inline("A1", "a")) + row(2, inline("A2", "b"))).bytes()
	d, path := put(data)
	r, err := xlsx.Open(context.Background(), d, &pipeline.Split{File: path}, pipeline.Position{}, pipeline.Projection{Alloc: memory.DefaultAllocator}, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d.Put(path, data)
	for err == nil {
		_, err = r.Next(context.Background())
	}
	if !fault.Is(err, fault.InputChanged) {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestForeign reads what excelize writes, as another program would have: shared texts, styles, dates.
func TestForeign(t *testing.T) {
	f := excelize.NewFile()
	for i, cells := range [][]any{{"text", "n", "ok"}, {"grüße & <ok>", 12.5, true}, {"=1+1", -3, false}, {"two\nlines", 1e6, nil}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	got := mustRead(t, buf.Bytes(), xlsx.Options{})
	want := []string{`1: "grüße & <ok>" "12.5" "TRUE"`, `2: "=1+1" "-3" "FALSE"`, `3: "two\nlines" "1000000" null`}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
}
