package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// formatter writes numbers as their cells show them. Formats other than the general one are left to excelize, which is
// given a workbook of one cell with the styles of the user's.
type formatter struct {
	general []bool   // by style: a number is shown as it is
	codes   [][]byte // by style: how a typed cell names its format; nil: it can't
	styles  []byte   // the workbook's styles.xml
	epoch   string   // attribute of the workbook's properties
	path    string

	file  *excelize.File // nil until a format is needed
	known map[formatKey]string
}

// formatKey is a value under a style.
type formatKey struct {
	style int
	value string
}

// knownFormats is how many rendered values are kept: dates repeat.
const knownFormats = 4096

// Formats of numbers.
const (
	firstFormat = 164 // the lowest id of a format that a workbook brings itself (ECMA-376, numFmt)
	maxFormat   = 255 // bytes of one that is carried on
)

// loadFormats reads the part of the styles; numbers are shown as they are where it is absent.
func (w *workbook) loadFormats(name string, date1904 bool) (*formatter, error) {
	f := &formatter{path: w.path, known: map[formatKey]string{}}
	if date1904 {
		f.epoch = ` date1904="1"`
	}
	inCells := false
	own := make(map[string][]byte) // the workbook's formats, by their ids
	err := w.scan(name, maxPart, func(s *scanner, t token) error {
		switch {
		case t == startTag && string(s.name) == "numFmt":
			if code, err := appendResolved(nil, s.attr("formatCode")); err == nil && len(code) <= maxFormat {
				own[string(s.attr("numFmtId"))] = jsonl.AppendString(nil, code)
			}
		case string(s.name) == "cellXfs" && t != text:
			inCells = t == startTag
		case inCells && t == startTag && string(s.name) == "xf":
			// 0 is General, 49 text; both show a number as it is.
			id := string(s.attr("numFmtId"))
			f.general = append(f.general, id == "" || id == "0" || id == "49")
			code := own[id]
			if n, err := strconv.Atoi(id); err == nil && n > 0 && n < firstFormat && code == nil {
				code = []byte(id)
			}
			if date1904 { // a date's number would be another one in a workbook of the usual kind
				code = nil
			}
			f.codes = append(f.codes, code)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, g := range f.general {
		if !g {
			f.styles, err = w.bytes(name)
			break
		}
	}
	return f, err
}

func (w *workbook) bytes(name string) ([]byte, error) {
	r, err := w.part(name, maxPart)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return nil, err
	}
	return b.Bytes(), r.Close()
}

// append appends a number as a cell of that style shows it. What is not a number stays as it is.
func (f *formatter) append(dst, value []byte, style int) ([]byte, error) {
	if style < 0 || style >= len(f.general) || f.general[style] {
		return appendGeneral(dst, value), nil
	}
	key := formatKey{style, string(value)}
	if shown, ok := f.known[key]; ok {
		return append(dst, shown...), nil
	}
	shown, err := f.render(key)
	if err != nil {
		return dst, err
	}
	if len(f.known) >= knownFormats {
		clear(f.known)
	}
	f.known[key] = shown
	return append(dst, shown...), nil
}

// appendTyped appends a number with its format, as a sheet's journal has it; nothing where that can't be said.
func (f *formatter) appendTyped(dst, value []byte, style int) []byte {
	switch {
	case !json.Valid(value): // such as .5
		return dst
	case style < 0 || style >= len(f.general) || f.general[style]:
		return append(dst, value...)
	case f.codes[style] == nil:
		return dst
	}
	dst = append(append(dst, `{"v":`...), value...)
	dst = append(append(dst, `,"f":`...), f.codes[style]...)
	return append(dst, '}')
}

// appendGeneral appends a number with at most 15 digits, which is what spreadsheet programs show of it: 0.1, although
// the file has 0.10000000000000001. Whole numbers are left as they are: they may be names of things.
func appendGeneral(dst, value []byte) []byte {
	const digits = 15
	if len(value) <= digits && !bytes.ContainsAny(value, "eE") || isDigits(value) {
		return append(dst, value...)
	}
	n, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return append(dst, value...)
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', digits, 64), 64)
	if err != nil {
		return append(dst, value...)
	}
	if a := math.Abs(short); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, short, 'E', -1, 64)
	}
	return strconv.AppendFloat(dst, short, 'f', -1, 64)
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

const (
	formatSheet = "Sheet1"
	formatCell  = "A1"
)

func (f *formatter) render(key formatKey) (shown string, err error) {
	defer recovered(&err, f.path)
	if f.file == nil {
		if err := f.start(); err != nil {
			return "", err
		}
	}
	if err = f.file.SetCellStyle(formatSheet, formatCell, formatCell, key.style); err == nil {
		err = f.file.SetCellDefault(formatSheet, formatCell, key.value)
	}
	if err == nil {
		shown, err = f.file.GetCellValue(formatSheet, formatCell)
	}
	if err != nil {
		return "", fault.New(fault.InputCorrupt, "the number formats: %w", err).At(fault.Where{File: f.path})
	}
	return shown, nil
}

// start makes the workbook in which values are rendered.
func (f *formatter) start() error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, content string) {
		if w, err := z.Create(name); err == nil { // a bytes.Buffer gives no errors
			_, _ = w.Write([]byte(content))
		}
	}
	for _, p := range boilerplate {
		if p.name == "xl/workbook.xml" {
			p.content = strings.Replace(p.content, "<sheets>", fmt.Sprintf("<workbookPr%s/><sheets>", f.epoch), 1)
		}
		add(p.name, p.content)
	}
	add(stylesPart, string(f.styles))
	add("xl/worksheets/sheet1.xml", sheetHead+sheetTail)
	if err := z.Close(); err != nil {
		return err
	}
	var err error
	f.file, err = excelize.OpenReader(&b, excelize.Options{UnzipSizeLimit: 2 * maxPart, UnzipXMLSizeLimit: 2 * maxPart})
	if err != nil {
		return fault.New(fault.InputCorrupt, "the number formats: %w", err).At(fault.Where{File: f.path})
	}
	return nil
}

func (f *formatter) close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
