package xlsx

import (
	"archive/zip"
	"bufio"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The parts of a workbook beside its sheet and its styles, in the order in which they are written.
var boilerplate = []struct{ name, content string }{
	{"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
	{"_rels/.rels", xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", xmlHead + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetHead = xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`
	sheetTail = `</sheetData></worksheet>`

	stylesPart = "xl/styles.xml"
	stylesHead = xmlHead + `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	stylesBody = `<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>`
)

// Write writes a workbook of one sheet: a header of the columns' names, then a row for each line of rows, which is a
// JSON array of its cells. Strings become text cells, whatever they begin with; numbers, booleans and nulls what they
// are, and objects numbers with a format, as celltype has them. Equal input gives equal bytes.
func Write(w io.Writer, columns []string, rows io.Reader) error {
	archive := zip.NewWriter(w)
	for _, p := range boilerplate {
		f, err := archive.Create(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, p.content); err != nil {
			return err
		}
	}
	f, err := archive.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	styles := &styles{known: make(map[string]int)}
	if err := writeSheet(f, columns, rows, styles); err != nil {
		return err
	}
	if f, err = archive.Create(stylesPart); err != nil {
		return err
	}
	if _, err := f.Write(styles.part()); err != nil {
		return err
	}
	return archive.Close()
}

func writeSheet(w io.Writer, columns []string, rows io.Reader, styles *styles) error {
	buf := appendHeader([]byte(sheetHead), columns)
	in := bufio.NewReaderSize(rows, 1<<20)
	var line []byte
	for n := 2; ; n++ {
		var err error
		line, err = readLine(in, line[:0])
		if len(line) > 0 {
			if n > MaxRows {
				return fault.New(fault.OutputRows, "a sheet holds %d rows below its header", MaxRows-1)
			}
			buf = appendRow(buf, n, line, styles)
		}
		switch {
		case atEnd(err):
			_, err = w.Write(append(buf, sheetTail...))
			return err
		case err != nil:
			return err
		}
		if len(buf) > 1<<20 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
}

// readLine appends the next line, without its end, to dst.
func readLine(r *bufio.Reader, dst []byte) ([]byte, error) {
	for {
		piece, err := r.ReadSlice('\n')
		dst = append(dst, piece...)
		switch {
		case err == nil:
			return dst[:len(dst)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return dst, err
		}
	}
}

func appendHeader(dst []byte, columns []string) []byte {
	dst = append(dst, `<row r="1">`...)
	for i, name := range columns {
		dst = appendText(dst, i, 1, name)
	}
	return append(dst, `</row>`...)
}

func appendRow(dst []byte, row int, cells []byte, styles *styles) []byte {
	dst = append(dst, `<row r="`...)
	dst = strconv.AppendInt(dst, int64(row), 10)
	dst = append(dst, `">`...)
	column := 0
	gjson.ParseBytes(cells).ForEach(func(_, v gjson.Result) bool {
		switch v.Type {
		case gjson.String:
			dst = appendText(dst, column, row, v.Str)
		case gjson.Number:
			dst = appendCell(dst, column, row, "", v.Raw)
		case gjson.True:
			dst = appendCell(dst, column, row, `" t="b`, "1")
		case gjson.False:
			dst = appendCell(dst, column, row, `" t="b`, "0")
		case gjson.JSON:
			style := strconv.Itoa(styles.of(v.Get("f")))
			dst = appendCell(dst, column, row, `" s="`+style, v.Get("v").Raw)
		case gjson.Null: // nothing to show
		}
		column++
		return true
	})
	return append(dst, `</row>`...)
}

// appendCell appends a cell with a value, and what its tag has beside its place.
func appendCell(dst []byte, column, row int, more, value string) []byte {
	dst = appendRef(append(dst, `<c r="`...), column, row)
	dst = append(append(append(dst, more...), `"><v>`...), value...)
	return append(dst, `</v></c>`...)
}

func appendText(dst []byte, column, row int, text string) []byte {
	dst = appendRef(append(dst, `<c r="`...), column, row)
	dst = append(dst, `" t="inlineStr"><is><t xml:space="preserve">`...)
	dst = appendEscaped(dst, text)
	return append(dst, `</t></is></c>`...)
}

// appendRef appends a cell's name, such as B7; column counts from 0, row from 1.
func appendRef(dst []byte, column, row int) []byte {
	return strconv.AppendInt(appendLetters(dst, column), int64(row), 10)
}

func appendLetters(dst []byte, column int) []byte {
	if column >= 26 {
		dst = appendLetters(dst, column/26-1)
	}
	return append(dst, 'A'+byte(column%26))
}

// appendEscaped appends text for an XML element. Characters that XML can't hold are written as _xHHHH_, which is how
// workbooks have them (ECMA-376, ST_Xstring), and so is the first character of what looks like one of these.
func appendEscaped(dst []byte, text string) []byte {
	for i, r := range text {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '_' && isEscape(text[i:]):
			dst = append(dst, "_x005F_"...)
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			const hex = "0123456789ABCDEF"
			dst = append(dst, '_', 'x', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15], '_')
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// isEscape reports whether s begins with _xHHHH_.
func isEscape(s string) bool {
	if len(s) < len("_xHHHH_") || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}
