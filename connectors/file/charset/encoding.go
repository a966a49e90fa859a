package charset

import (
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// Encoding is a way of writing text as bytes.
type Encoding struct {
	Name string // as users write it, in lower case
	make func(io.Reader) io.Reader
}

// The encodings that are detected.
var (
	UTF8        = &Encoding{"utf-8", func(r io.Reader) io.Reader { return r }}
	UTF16LE     = &Encoding{"utf-16le", func(r io.Reader) io.Reader { return newUTF16(r, false) }}
	UTF16BE     = &Encoding{"utf-16be", func(r io.Reader) io.Reader { return newUTF16(r, true) }}
	Windows1252 = &Encoding{"windows-1252", func(r io.Reader) io.Reader { return newBytewise(r, charmap.Windows1252) }}
)

// Lookup returns an encoding by one of its names (WHATWG's): utf-8, utf-16, latin-1, windows-1251, shift_jis, gbk, …;
// nil where the name is unknown. "utf-16" without a byte order is little endian.
func Lookup(name string) *Encoding {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "utf-8", "utf8":
		return UTF8
	case "utf-16", "utf16", "utf-16le":
		return UTF16LE
	case "utf-16be":
		return UTF16BE
	case "latin-1", "latin1", "windows-1252", "cp1252":
		return Windows1252
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return named(name, enc)
}

func named(name string, enc encoding.Encoding) *Encoding {
	if canonical, err := htmlindex.Name(enc); err == nil {
		name = canonical
	}
	switch name {
	case "utf-8":
		return UTF8
	case "utf-16le":
		return UTF16LE
	case "utf-16be":
		return UTF16BE
	case "replacement", "x-user-defined":
		return nil
	}
	if table, ok := enc.(*charmap.Charmap); ok {
		return &Encoding{name, func(r io.Reader) io.Reader { return newBytewise(r, table) }}
	}
	return &Encoding{name, func(r io.Reader) io.Reader { return newStrict(r, enc) }}
}

// NewReader returns what r holds as UTF-8, without a UTF-16 byte order mark; UTF-8 passes through as it is.
func (e *Encoding) NewReader(r io.Reader) io.Reader { return e.make(r) }
