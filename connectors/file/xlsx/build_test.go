package xlsx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// book is a workbook as a test lays it out, part by part.
type book struct {
	sheets []sheet
	shared []string // raw <si> contents
	xfs    string   // <xf> elements of styles
	props  string   // attributes of workbookPr
	extra  map[string]string
	drop   []string
}

type sheet struct {
	name, state string
	rows        string // content of <sheetData>
	after       string // what follows it
}

const (
	head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	rels = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

func rows(r string) book { return book{sheets: []sheet{{name: "Sheet1", rows: r}}} }

func (b book) parts() map[string]string {
	p := map[string]string{
		"[Content_Types].xml": head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         head + `<Relationships ` + rels + `><Relationship Id="rId1" Type="` + base + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	}
	var list, refs strings.Builder
	for i, s := range b.sheets {
		state := ""
		if s.state != "" {
			state = ` state="` + s.state + `"`
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, s.name, i+1, state, i+1)
		fmt.Fprintf(&refs, `<Relationship Id="rId%d" Type="%sworksheet" Target="worksheets/sheet%d.xml"/>`, i+1, base, i+1)
		p[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = head + `<worksheet ` + main + `><dimension ref="A1:B2"/><sheetData>` + s.rows + `</sheetData>` + s.after + `</worksheet>`
	}
	if b.shared != nil {
		fmt.Fprintf(&refs, `<Relationship Id="rId91" Type="%ssharedStrings" Target="sharedStrings.xml"/>`, base)
	}
	if b.xfs != "" {
		fmt.Fprintf(&refs, `<Relationship Id="rId92" Type="%sstyles" Target="/xl/styles.xml"/>`, base)
	}
	p["xl/workbook.xml"] = head + `<workbook ` + main + ` xmlns:r="x"><workbookPr` + b.props + `/><sheets>` + list.String() + `</sheets></workbook>`
	p["xl/_rels/workbook.xml.rels"] = head + `<Relationships ` + rels + `>` + refs.String() + `</Relationships>`
	if b.shared != nil {
		p["xl/sharedStrings.xml"] = head + `<sst ` + main + `><si>` + strings.Join(b.shared, "</si><si>") + `</si></sst>`
	}
	if b.xfs != "" {
		p["xl/styles.xml"] = head + `<styleSheet ` + main + `><numFmts count="1"><numFmt numFmtId="164" formatCode="0.00%"/></numFmts>` +
			`<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>` +
			`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs>` + b.xfs + `</cellXfs></styleSheet>`
	}
	for name, content := range b.extra {
		p[name] = content
	}
	for _, name := range b.drop {
		delete(p, name)
	}
	return p
}

// bytes is the workbook's file. Equal workbooks give equal bytes.
func (b book) bytes() []byte { return zipped(b.parts()) }

func zipped(parts map[string]string) []byte {
	names := make([]string, 0, len(parts))
	for n := range parts {
		names = append(names, n)
	}
	sort.Strings(names)
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, n := range names {
		w, err := z.Create(n)
		if err == nil {
			_, err = io.WriteString(w, parts[n])
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// put lays a file onto a new disk and returns both.
func put(data []byte) (*pipelinetest.Disk, string) {
	d := pipelinetest.NewDisk()
	d.Put("/in.xlsx", data)
	return d, "/in.xlsx"
}

// table is what was read of a sheet: a line for each record, its offset, its fields or its fault.
type table struct {
	columns []string
	end     int64
	notes   []string
	lines   []string
	blank   int64
	next    []pipeline.Position // of each batch
}

// read reads a whole workbook, or its records from an offset on.
func read(d disk.FS, path string, opts xlsx.Options, batch int, from int64) (*table, error) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	layout, end, err := xlsx.Layout(context.Background(), d, path, opts)
	if err != nil {
		return nil, err
	}
	t := &table{columns: layout.Names(), end: end, notes: layout.Notes}
	want := pipeline.Projection{Columns: layout.Schema.Fields(), Rows: batch, Bytes: 1 << 20, MaxRecord: 1000, Alloc: alloc}
	split := &pipeline.Split{ID: path, File: path, End: end, Size: 1 << 20}
	r, err := xlsx.Open(context.Background(), d, split, pipeline.Position{Offset: from, Byte: -1}, want, opts)
	if err != nil {
		return nil, err
	}
	for {
		b, err := r.Next(context.Background())
		if err != nil {
			if closeErr := r.Close(); closeErr != nil {
				return nil, closeErr
			}
			if alloc.CurrentAlloc() != 0 {
				return nil, fmt.Errorf("%d bytes leaked", alloc.CurrentAlloc())
			}
			if errors.Is(err, io.EOF) {
				return t, nil
			}
			return t, err
		}
		t.add(b)
		b.Record.Release()
	}
}

func (t *table) add(b *pipeline.Batch) {
	t.blank += b.Blank
	t.next = append(t.next, b.Next)
	faults := map[int]string{}
	for _, f := range b.Faults {
		faults[f.Row] = f.Err.Error()
	}
	for row, offset := range b.Offsets() {
		line := fmt.Appendf(nil, "%d:", offset)
		for i := range t.columns {
			c := b.Record.Column(i + 1).(*array.String)
			if c.IsNull(row) {
				line = append(line, " null"...)
			} else {
				line = fmt.Appendf(line, " %q", c.Value(row))
			}
		}
		if f, dead := faults[row]; dead {
			line = fmt.Appendf(nil, "%d! %s", offset, f)
		}
		t.lines = append(t.lines, string(line))
	}
}

func mustRead(t *testing.T, data []byte, opts xlsx.Options) *table {
	t.Helper()
	d, path := put(data)
	got, err := read(d, path, opts, 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// inline is a cell with a text in it.
func inline(ref, s string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + s + `</t></is></c>`
}

func number(ref, v string) string { return `<c r="` + ref + `"><v>` + v + `</v></c>` }

func row(n int, cells ...string) string {
	return fmt.Sprintf(`<row r="%d">`, n) + strings.Join(cells, "") + `</row>`
}
