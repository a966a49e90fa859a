package xlsx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const journal = `["=1+1","grüße & <ok>",12.5,true,null]
["-x","two\nlines\r\n",-3,false,"_x0041_"]
[" a ","\u0001\ufffe😀",1e-9,null,"{\"k\":1}"]
`

func TestWrite(t *testing.T) {
	var buf bytes.Buffer
	columns := []string{"a", "b & c", "n", "ok", "last"}
	if err := xlsx.Write(&buf, columns, strings.NewReader(journal)); err != nil {
		t.Fatal(err)
	}
	got := mustRead(t, buf.Bytes(), xlsx.Options{})
	if diff := cmp.Diff(columns, got.columns); diff != "" {
		t.Error(diff)
	}
	want := []string{
		`1: "=1+1" "grüße & <ok>" "12.5" "TRUE" null`,
		`2: "-x" "two\nlines\r\n" "-3" "FALSE" "_x0041_"`,
		`3: " a " "\x01` + "\ufffe" + `😀" "1E-09" null "{\"k\":1}"`,
	}
	want[2] = fmt.Sprintf("3: %q %q %q null %q", " a ", "\x01\ufffe😀", "1E-09", `{"k":1}`)
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
	var again bytes.Buffer
	if err := xlsx.Write(&again, columns, strings.NewReader(journal)); err != nil || !bytes.Equal(buf.Bytes(), again.Bytes()) {
		t.Error("equal journals give different files:", err)
	}
	foreign(t, buf.Bytes())
}

// foreign reads the workbook as another program would.
func foreign(t *testing.T, data []byte) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, want := range map[string]string{"A1": "a", "B1": "b & c", "A2": "=1+1", "B2": "grüße & <ok>", "C2": "12.5", "D2": "TRUE", "E2": "", "B4": "\x01\ufffe😀"} {
		if got, err := f.GetCellValue("Sheet1", cell); err != nil || got != want && cell != "B4" {
			t.Errorf("%s: %q, %v, want %q", cell, got, err, want)
		}
		if formula, err := f.GetCellFormula("Sheet1", cell); err != nil || formula != "" {
			t.Errorf("%s is a formula: %q, %v", cell, formula, err)
		}
		kind, err := f.GetCellType("Sheet1", cell)
		if text := cell[0] < 'C' || cell[1] == '1'; err != nil || text != (kind == excelize.CellTypeInlineString) {
			t.Errorf("%s is of type %v, %v", cell, kind, err)
		}
	}
}

// TestRoundTrip writes any texts and reads them back.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("_x0D&<>\r\n\t\"' "))), 1, 40, -1), 1, 20).Draw(t, "texts")
		var in bytes.Buffer
		for _, s := range texts {
			if !utf8.ValidString(s) {
				t.Skip()
			}
			line, err := json.Marshal([]any{s, "x"})
			if err != nil {
				t.Fatal(err)
			}
			in.Write(append(line, '\n'))
		}
		var buf bytes.Buffer
		if err := xlsx.Write(&buf, []string{"text", "x"}, &in); err != nil {
			t.Fatal(err)
		}
		d, path := put(buf.Bytes())
		got, err := read(d, path, xlsx.Options{}, 7, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range texts {
			if want := fmt.Sprintf("%d: %q \"x\"", i+1, s); got.lines[i] != want {
				t.Fatalf("%s, want %s", got.lines[i], want)
			}
		}
	})
}

// rowsReader gives a journal of n rows of one cell.
type rowsReader struct{ left int }

func (r *rowsReader) Read(p []byte) (int, error) {
	const line = "[1]\n"
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for ; r.left > 0 && n+len(line) <= len(p); r.left-- {
		n += copy(p[n:], line)
	}
	return n, nil
}

func TestWriteLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows")
	}
	if err := xlsx.Write(io.Discard, []string{"n"}, &rowsReader{xlsx.MaxRows}); !fault.Is(err, fault.OutputRows) {
		t.Error(err)
	}
}

// failing gives an error after n bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	var whole bytes.Buffer
	rows := func() io.Reader { return &rowsReader{30_000} }
	if err := xlsx.Write(&whole, []string{"n"}, rows()); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < whole.Len(); n += 1 + whole.Len()/10 {
		if err := xlsx.Write(&failing{n}, []string{"n"}, rows()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	if err := xlsx.Write(io.Discard, []string{"n"}, io.MultiReader(rows(), brokenReader{})); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrNoProgress }
