package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var update = flag.Bool("update", false, "rewrite testdata")

// badFolder holds workbooks that can't be read, each beside the exact message.
const badFolder = "../../../testdata/bad/xlsx"

func good() book {
	return rows(row(1, inline("A1", "text"), inline("B1", "n")) + row(2, inline("A2", "a text"), number("B2", "1")))
}

// badBooks are the small ones; -update writes them.
func badBooks() map[string][]byte {
	ole := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 504)...)
	with := func(change func(*book)) []byte {
		b := good()
		change(&b)
		return b.bytes()
	}
	cells := func(cells string) []byte {
		return with(func(b *book) { b.sheets[0].rows = row(1, inline("A1", "text")) + cells })
	}
	part := func(name, content string) []byte {
		return with(func(b *book) { b.extra = map[string]string{name: content} })
	}
	whole := good().bytes()
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(flipped, []byte("xl/worksheets/sheet1.xml"))+60] ^= 4
	return map[string][]byte{
		"xls": ole,
		"xlsb": with(func(b *book) {
			b.extra = map[string]string{"xl/workbook.bin": "x"}
			b.drop = []string{"xl/workbook.xml"}
		}),
		"encrypted":       zipped(map[string]string{"EncryptedPackage": "x"}),
		"encrypted_entry": encrypted(whole),
		"ods":             zipped(map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
		"docx":            zipped(map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}),
		"zip":             zipped(map[string]string{"a.txt": "a"}),
		"not_a_zip":       []byte("id,text\n1,a\n"),
		"empty":           nil,
		"cut":             whole[:len(whole)/2],
		"cut_directory":   whole[:len(whole)-10],
		"flipped_bit":     flipped,
		"no_sheets":       part("xl/workbook.xml", "<workbook><sheets/></workbook>"),
		"hidden_sheet":    with(func(b *book) { b.sheets[0].state = "veryHidden" }),
		"header_only":     cells(""),
		"empty_sheet":     with(func(b *book) { b.sheets[0].rows = "" }),
		"sheet_missing":   with(func(b *book) { b.drop = []string{"xl/worksheets/sheet1.xml"} }),
		"styles_missing":  with(func(b *book) { b.xfs = "<xf/>"; b.drop = []string{"xl/styles.xml"} }),
		"twice":           twice(),
		"header_error": with(func(b *book) {
			b.sheets[0].rows = row(1, `<c r="A1" t="e"><v>#REF!</v></c>`) + row(2, inline("A2", "a"))
		}),
		"shared_string":    cells(row(2, `<c r="A2" t="s"><v>7</v></c>`)),
		"shared_negative":  cells(row(2, `<c r="A2" t="s"><v>-1</v></c>`)),
		"not_a_number":     cells(row(2, number("A2", "12,5"))),
		"row_order":        cells(row(3, inline("A3", "a")) + row(2, inline("A2", "b"))),
		"row_number":       cells(`<row r="x"/>`),
		"too_many_rows":    cells(row(1_048_577, inline("A1048577", "a"))),
		"cell_order":       cells(row(2, inline("B2", "a"), inline("A2", "b"))),
		"cell_row":         cells(row(2, inline("A3", "a"))),
		"cell_name":        cells(row(2, inline("2A", "a"))),
		"cell_column":      cells(row(2, inline("XFE2", "a"))),
		"too_many_columns": cells(`<row r="2">` + strings.Repeat("<c/>", 16_385) + `</row>`),
		"style":            cells(row(2, `<c r="A2" s="x"><v>1</v></c>`)),
		"sheet_ends_early": part("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>text`),
		"tags_crossed":     part("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row></sheetData></row></worksheet>`),
		"two_roots":        part("xl/worksheets/sheet1.xml", `<worksheet/><worksheet/>`),
		"text_outside":     part("xl/worksheets/sheet1.xml", `not XML`),
		"doctype":          part("xl/worksheets/sheet1.xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>`),
		"entity":           cells(row(2, inline("A2", "&bomb;"))),
		"entity_open":      cells(row(2, inline("A2", "a & b"))),
		"attribute":        cells(`<row r=2/>`),
		"attribute_value":  cells(`<row r/>`),
		"attribute_end":    part("xl/worksheets/sheet1.xml", `<worksheet a="1></worksheet>`),
		"tag_in_tag":       part("xl/worksheets/sheet1.xml", `<worksheet <sheetData/></worksheet>`),
		"no_name":          part("xl/worksheets/sheet1.xml", `< worksheet/>`),
		"too_deep":         part("xl/worksheets/sheet1.xml", strings.Repeat("<a>", 100)),
		"utf8":             cells(row(2, inline("A2", "\xff"))),
		"utf16":            part("xl/worksheets/sheet1.xml", "\xff\xfe<\x00w\x00"),
		"styles":           with(badStyles),
	}
}

// badStyles has a number format that no library could render, because the styles' part is not what it should be.
func badStyles(b *book) {
	b.xfs = `<xf numFmtId="0"/><xf numFmtId="14"/>`
	b.sheets[0].rows = row(1, inline("A1", "text")) + row(2, `<c r="A2" s="1"><v>1</v></c>`)
	b.extra = map[string]string{"xl/styles.xml": `<styleSheet ` + main + `><cellXfs><xf numFmtId="0"/><xf numFmtId="14" fontId="x"/></cellXfs></styleSheet>`}
}

// encrypted sets the flag of encryption on every entry.
func encrypted(data []byte) []byte {
	data = bytes.Clone(data)
	for i := 0; i+10 < len(data); i++ {
		switch {
		case bytes.HasPrefix(data[i:], []byte("PK\x03\x04")):
			data[i+6] |= 1
		case bytes.HasPrefix(data[i:], []byte("PK\x01\x02")):
			data[i+8] |= 1
		}
	}
	return data
}

func twice() []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "XL/workbook.xml"} {
		if _, err := z.Create(name); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// TestBad reads workbooks that can't be read.
func TestBad(t *testing.T) {
	if *update {
		for name, data := range badBooks() {
			writeFile(t, filepath.Join(badFolder, name+".bad.xlsx"), data)
		}
	}
	files, err := filepath.Glob(filepath.Join(badFolder, "*.bad.xlsx"))
	if err != nil || len(files) < len(badBooks()) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".bad.xlsx")
		t.Run(name, func(t *testing.T) {
			got, err := read(disk.OS{}, path, xlsx.Options{}, 10, 0)
			e, ok := fault.As(err)
			if !ok {
				t.Fatalf("%v, %v", got, err)
			}
			message := strings.ReplaceAll(e.Explain(), path, filepath.Base(path)) + "\n"
			golden := strings.TrimSuffix(path, ".bad.xlsx") + ".error"
			if *update {
				writeFile(t, golden, []byte(message))
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), message); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBombs refuses archives that inflate to more than they seem, in little time.
func TestBombs(t *testing.T) {
	zeros := func(n int64) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.CopyN(w, spaces{}, n)
			return err
		}
	}
	for _, c := range []struct {
		name, want string
		data       []byte
		opts       xlsx.Options
	}{
		{
			"ratio", "input.too_large: the archive inflates to 10",
			withSheet(zeros(64 << 20)),
			xlsx.Options{},
		},
		{
			"size", "input.too_large: the archive inflates to more than 10 MiB\n  fix: if you trust the file, raise max_inflated of the source in a spec",
			withSheet(zeros(11 << 20)),
			xlsx.Options{MaxInflated: 10 << 20},
		},
		{
			"entries", "input.too_large: the archive holds 10001 files, more than 10000\n  fix: if you trust the file, save it again in a spreadsheet program, or as .csv",
			manyEntries(10_001),
			xlsx.Options{},
		},
		{
			"declared less", "input.corrupt: xl/worksheets/sheet1.xml: zip: not a valid zip file\n  fix: get the file again from where it came; nothing was published",
			declareLess(withSheet(zeros(1 << 20))),
			xlsx.Options{},
		},
		{
			"one token", "input.corrupt: xl/worksheets/sheet1.xml: it holds a tag or text of more than 4194304 bytes\n  fix: get the file again from where it came; nothing was published",
			withSheet(func(w io.Writer) error {
				_, err := io.WriteString(w, "<worksheet><sheetData><row><c><v>")
				return errorsJoin(err, zeros(15<<20)(w))
			}),
			xlsx.Options{},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, path := put(c.data)
			began := time.Now()
			_, err := read(d, path, c.opts, 10, 0)
			e, ok := fault.As(err)
			if !ok {
				t.Fatal(err)
			}
			if !strings.HasPrefix(e.Explain(), "/in.xlsx: "+c.want) {
				t.Errorf("%s\nwant %s", e.Explain(), c.want)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func errorsJoin(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func withSheet(write func(io.Writer) error) []byte {
	parts := good().parts()
	delete(parts, "xl/worksheets/sheet1.xml")
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	add := func(name string, write func(io.Writer) error) {
		w, err := z.Create(name)
		if err == nil {
			err = write(w)
		}
		if err != nil {
			panic(err)
		}
	}
	for name, content := range parts {
		add(name, func(w io.Writer) error { _, err := io.WriteString(w, content); return err })
	}
	add("xl/worksheets/sheet1.xml", write)
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func manyEntries(n int) []byte {
	parts := map[string]string{}
	for i := range n {
		parts["x"+strings.Repeat("y", i%50)+string(rune('0'+i%10))+time.Duration(i).String()] = ""
	}
	return zipped(parts)
}

// declareLess lets the sheet's entry declare a tenth of its size.
func declareLess(data []byte) []byte {
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	size := binary.LittleEndian.Uint32(data[at+24:])
	binary.LittleEndian.PutUint32(data[at+24:], size/10)
	return data
}
