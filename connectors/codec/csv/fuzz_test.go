package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/pipeline"
)

var seeds = []string{
	"a,b\n1,2\n", "a,b\r\n\"x\r\ny\",2\r\n", "a,b\n\"\"\"\",\n", "a\n\n\nb", "a,b\n1\n1,2,3\n", "a,b\nx\"y,1\n", "a,b\n\"x\"y,1\n", "a,b\n\"x",
	"\"a\"\n", ",\n,\n", "a,\"b\"\"c\",d\n", "\"\n\n\",\"\"\n", "\r\n\r\n", "a\rb\n", "\"a\r\",b", "a,b\n\xff,\x00\n",
}

// cutAll cuts a text into records by pieces of a size, as a reader does whose chunks are that small.
func cutAll(text []byte, piece int) (records []string, open bool) {
	c := csv.NewCutter(',')
	from := 0
	for to := 0; from < len(text); {
		n := c.Cut(text[from:to])
		if n < 0 && to < len(text) {
			to = min(to+piece, len(text))
			continue
		}
		if n < 0 {
			if c.Open(text[from:]) {
				return records, true
			}
			n = len(text) - from
		}
		records = append(records, string(text[from:from+n]))
		from += n
		c.Reset()
	}
	return records, false
}

// cutShifting cuts a text as a reader does that holds nothing of a record.
func cutShifting(text []byte, piece int) (lengths []int) {
	c := csv.NewCutter(',')
	from, to, length := 0, 0, 0
	for from < len(text) {
		n := c.Cut(text[from:to])
		if n >= 0 {
			lengths = append(lengths, length+n)
			from, length = from+n, 0
			c.Reset()
			continue
		}
		if to == len(text) {
			return append(lengths, length+len(text)-from)
		}
		n = c.Shift(text[from:to])
		from, length = from+n, length+n
		to = min(to+piece, len(text))
	}
	return lengths
}

// FuzzCutter holds that records tile the text and that it does not matter in what pieces the text arrives.
func FuzzCutter(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), 1)
	}
	f.Fuzz(func(t *testing.T, text []byte, piece int) {
		if piece < 1 {
			return
		}
		whole, open := cutAll(text, len(text))
		pieces, openToo := cutAll(text, piece)
		if d := cmp.Diff(whole, pieces); d != "" || open != openToo {
			t.Fatal(d, open, openToo)
		}
		if open {
			return
		}
		if strings.Join(whole, "") != string(text) {
			t.Fatalf("%q is not %q", whole, text)
		}
		for i, n := range cutShifting(text, piece) {
			if i >= len(whole) || len(whole[i]) != n {
				t.Fatalf("record %d has %d bytes when shifted: %q", i, n, whole)
			}
		}
	})
}

// FuzzDecode holds decoded fields against the standard library's, where that reads the same dialect.
func FuzzDecode(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, enough, err := csv.Detect(text, true, csv.Options{Delimiter: ',', Header: csv.WithoutHeader, MaxColumns: 50})
		if err != nil || !enough || d.Empty {
			return
		}
		records, open := cutAll(text, len(text))
		if open {
			t.Fatal("detected, and open")
		}
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer alloc.AssertSize(t, 0)
		plan, err := csv.NewPlan(pipeline.Projection{Columns: d.Schema().Fields()}, d)
		if err != nil {
			t.Fatal(err)
		}
		b := batch(alloc, records)
		if err := plan.Decode(b, alloc); err != nil {
			t.Fatal(err)
		}
		defer b.Record.Release()
		for row, rec := range records {
			if !b.Live(row) {
				continue
			}
			compare(t, b, row, rec)
		}
	})
}

func compare(t *testing.T, b *pipeline.Batch, row int, rec string) {
	t.Helper()
	if !utf8.ValidString(rec) || strings.Contains(rec, "\x00") {
		t.Fatalf("accepted %q", rec)
	}
	r := stdcsv.NewReader(strings.NewReader(rec))
	want, err := r.Read()
	if strings.Contains(rec, "\r") || strings.Trim(rec, "\n") == "" {
		return // the standard reader changes line ends and leaves out blank lines
	}
	if err != nil {
		t.Fatalf("accepted %q: %v", rec, err)
	}
	var got []string
	for c := 1; c < int(b.Record.NumCols()); c++ {
		got = append(got, b.Record.Column(c).(*array.String).Value(row))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%q: %s", rec, d)
	}
	var back []byte
	for i, v := range got {
		if i > 0 {
			back = append(back, ',')
		}
		back = csv.AppendField(back, []byte(v), ',')
	}
	again, err := stdcsv.NewReader(bytes.NewReader(back)).Read()
	if strings.Join(got, "") != "" && (err != nil || !cmp.Equal(again, got)) {
		t.Fatalf("%q was written as %q: %v", got, back, err)
	}
}

// batch makes the batch that a reader would cut records into.
func batch(alloc memory.Allocator, records []string) *pipeline.Batch {
	offsets := array.NewInt64Builder(alloc)
	raws := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
	defer offsets.Release()
	defer raws.Release()
	line := int64(0)
	for _, rec := range records {
		offsets.Append(line)
		raws.AppendString(rec)
		line += int64(strings.Count(rec, "\n"))
	}
	cols := []arrow.Array{offsets.NewArray(), raws.NewArray()}
	defer cols[0].Release()
	defer cols[1].Release()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
		{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true},
	}, nil)
	return &pipeline.Batch{
		Split: &pipeline.Split{ID: "in.csv", File: "in.csv"}, Record: array.NewRecordBatch(schema, cols, int64(len(records))),
	}
}

// FuzzDetect holds that detection of any text ends without a panic and within the text.
func FuzzDetect(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, whole bool) {
		d, enough, err := csv.Detect(text, whole, csv.Options{MaxColumns: 100})
		if err == nil && enough && d.Start > int64(bytes.Count(text, []byte{'\n'}))+1 {
			t.Fatalf("the records start at line %d", d.Start)
		}
		csv.Plain(text, whole)
	})
}
