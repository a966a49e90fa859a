package xlsx

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// styles are those of a workbook that is written: one for each format of numbers, after the general one.
type styles struct {
	formats []gjson.Result // a number: one that every workbook knows; or a text
	known   map[string]int // by how it is written; 1 is that of the first format
}

// of is the style of cells with a format.
func (s *styles) of(format gjson.Result) int {
	style, ok := s.known[format.Raw]
	if !ok {
		s.formats = append(s.formats, format)
		style = len(s.formats)
		s.known[format.Raw] = style
	}
	return style
}

// part is the workbook's part of styles.
func (s *styles) part() []byte {
	var own, cells []byte
	count := 0 // of formats that the workbook brings itself
	for _, f := range s.formats {
		id := int(f.Int())
		if f.Type == gjson.String {
			id = firstFormat + count
			count++
			own = strconv.AppendInt(append(own, `<numFmt numFmtId="`...), int64(id), 10)
			own = append(own, `" formatCode="`...)
			own = append(own, strings.ReplaceAll(string(appendEscaped(nil, f.Str)), `"`, "&quot;")...)
			own = append(own, `"/>`...)
		}
		cells = strconv.AppendInt(append(cells, `<xf numFmtId="`...), int64(id), 10)
		cells = append(cells, `" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`...)
	}
	out := []byte(stylesHead)
	if own != nil {
		out = strconv.AppendInt(append(out, `<numFmts count="`...), int64(count), 10)
		out = append(append(append(out, `">`...), own...), `</numFmts>`...)
	}
	out = strconv.AppendInt(append(append(out, stylesBody...), `<cellXfs count="`...), int64(len(s.formats)+1), 10)
	out = append(out, `"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`...)
	return append(append(out, cells...), `</cellXfs></styleSheet>`...)
}
