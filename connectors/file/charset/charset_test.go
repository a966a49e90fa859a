package charset_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/connectors/file/charset"
)

func TestDetect(t *testing.T) {
	tests := []struct {
		name, head       string
		encoding, likely *charset.Encoding
		bom              bool
	}{
		{"empty", "", charset.UTF8, nil, false},
		{"ASCII", "plain", charset.UTF8, nil, false},
		{"UTF-8", "caf\u00e9", charset.UTF8, nil, false},
		{"UTF-8 cut in a character", "caf\u00e9"[:4], charset.UTF8, nil, false},
		{"UTF-8 with one wrong byte", "caf\u00e9 na\u00efve \xff", charset.UTF8, nil, false},
		{"marks", "\xef\xbb\xbfa", charset.UTF8, nil, true},
		{"UTF-16LE", "\xff\xfea\x00", charset.UTF16LE, nil, true},
		{"UTF-16BE", "\xfe\xff\x00a", charset.UTF16BE, nil, true},
		{"UTF-16LE without a mark", "a\x00b\x00c\x00\n\x00", nil, charset.UTF16LE, false},
		{"UTF-16BE without a mark", "\x00a\x00b\x00c\x00\n", nil, charset.UTF16BE, false},
		{"a NUL byte is no UTF-16", "some text\x00 and more of it", charset.UTF8, nil, false},
		{"Latin-1", "caf\xe9 na\xefve", nil, charset.Windows1252, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := charset.Detect([]byte(tt.head)); got != (charset.Guess{Encoding: tt.encoding, BOM: tt.bom, Likely: tt.likely}) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	for name, want := range map[string]string{
		"UTF8": "utf-8", "utf-16": "utf-16le", "UTF-16BE": "utf-16be", "latin1": "windows-1252", "iso-8859-1": "windows-1252",
		"unicode-1-1-utf-8": "utf-8", "unicodefffe": "utf-16be", "ucs-2": "utf-16le", "windows-1251": "windows-1251", "sjis": "shift_jis",
		"klingon": "", "replacement": "", "x-user-defined": "",
	} {
		got := ""
		if e := charset.Lookup(name); e != nil {
			got = e.Name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// read decodes bytes that arrive in pieces.
func read(t testing.TB, e *charset.Encoding, content string, piecewise bool) string {
	t.Helper()
	var r io.Reader = strings.NewReader(content)
	if piecewise {
		r = iotest.OneByteReader(r)
	}
	got, err := io.ReadAll(e.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestReader(t *testing.T) {
	tests := []struct{ encoding, content, want string }{
		{"utf-8", "as \xff is", "as \xff is"},
		{"utf-16le", "a\x00\xe9\x00", "a\u00e9"},
		{"utf-16le", "\xff\xfea\x00\xff\xfe", "a\ufeff"},
		{"utf-16be", "\xd8\x3d\xde\x00", "\U0001f600"},
		{"utf-16le", "\x3d\xd8a\x00", "\xed\xa0\xbda"}, // half a pair
		{"utf-16le", "\x00\xdea\x00", "\xed\xb8\x80a"}, // the other half
		{"utf-16le", "a\x00\x3d\xd8", "a\xed\xa0\xbd"}, // cut in a pair
		{"utf-16le", "a\x00b", "a\xff"},                // cut in a unit
		{"windows-1252", "\x80\xe9", "\u20ac\u00e9"},
		{"windows-1253", "\xe1\xd2\x61", "\u03b1\xffa"}, // 0xd2 is no character
		{"shift_jis", "\x93\xfa\xff\x61", "\u65e5\xffa"},
		{"shift_jis", "a\x93", "a\xff"}, // cut in a character
		{"gb18030", strings.Repeat("\xd6\xd0", 20_000) + "a", strings.Repeat("\u4e2d", 20_000) + "a"},
	}
	for _, tt := range tests {
		for _, piecewise := range []bool{false, true} {
			if got := read(t, charset.Lookup(tt.encoding), tt.content, piecewise); got != tt.want {
				t.Errorf("%s %.20q: %.40q, want %.40q", tt.encoding, tt.content, got, tt.want)
			}
		}
	}
}

// TestReaderPassesErrors: what came before an error is read first, and reading can go on after it.
func TestReaderPassesErrors(t *testing.T) {
	r := charset.UTF16LE.NewReader(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("a\x00b\x00"))))
	var text []byte
	fails := 0
	for {
		p := make([]byte, 10)
		n, err := r.Read(p)
		text = append(text, p[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			fails++
		}
	}
	if string(text) != "ab" || fails != 1 {
		t.Errorf("%q after %d errors", text, fails)
	}
}

// FuzzUTF16 holds the decoder against the standard library's.
func FuzzUTF16(f *testing.F) {
	f.Add([]byte("a\x00\x3d\xd8\x00\xde"))
	f.Add([]byte("\x00\xde\x3d\xd8x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := read(t, charset.UTF16LE, string(b), false)
		if piecewise := read(t, charset.UTF16LE, string(b), true); piecewise != got {
			t.Fatalf("%q in pieces, %q whole", piecewise, got)
		}
		var units []uint16
		for i := 0; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
		}
		if len(units) > 0 && units[0] == 0xfeff {
			units = units[1:]
		}
		runes := utf16.Decode(units)
		clean := len(b)%2 == 0 && !bytes.ContainsRune([]byte(string(runes)), utf8.RuneError)
		if clean && got != string(runes) {
			t.Fatalf("%q, want %q", got, string(runes))
		}
		if !clean && utf8.ValidString(got) && !strings.Contains(got, "\ufffd") {
			t.Fatalf("%q hides a mistake", got)
		}
	})
}

// FuzzDetect asks that detection takes any bytes, and that what it says is UTF-8 mostly is.
func FuzzDetect(f *testing.F) {
	for _, s := range []string{"a", "caf\xe9", "\xff\xfea\x00", "a\x00b\x00", "\xef\xbb\xbf"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		g := charset.Detect(head)
		if (g.Encoding == nil) == (g.Likely == nil) {
			t.Fatalf("%+v", g)
		}
	})
}

func Example() {
	text, _ := io.ReadAll(charset.Lookup("latin-1").NewReader(strings.NewReader("caf\xe9")))
	fmt.Println(string(text))
	// Output: café
}
