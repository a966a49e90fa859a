package charset

import (
	"bytes"
	"unicode/utf8"
)

// Guess is what a text's first bytes tell of its encoding.
type Guess struct {
	Encoding *Encoding // nil where the bytes fit no encoding that can be told
	BOM      bool      // a byte order mark says so
	// Likely is the encoding that the text seems to have where it is not certain enough to decode by; else nil.
	Likely *Encoding
}

// Detect guesses the encoding of a text by its first bytes (64 KiB are plenty): by its byte order mark; UTF-8 where the
// bytes are valid, or where most sequences beyond ASCII are; else none, with the likely one.
func Detect(head []byte) Guess {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return Guess{Encoding: UTF8, BOM: true}
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return Guess{Encoding: UTF16LE, BOM: true}
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return Guess{Encoding: UTF16BE, BOM: true}
	}
	if e := wide(head); e != nil {
		return Guess{Likely: e}
	}
	sequences, invalid := count(head)
	if invalid == 0 || sequences > invalid {
		return Guess{Encoding: UTF8}
	}
	return Guess{Likely: Windows1252}
}

// wide recognizes UTF-16 without a mark: text of which every other byte is mostly zero.
func wide(head []byte) *Encoding {
	if len(head) < 4 {
		return nil
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(head) / 2
	switch {
	case zeros[1] > half*2/5 && zeros[0] < half/10+1:
		return UTF16LE
	case zeros[0] > half*2/5 && zeros[1] < half/10+1:
		return UTF16BE
	default:
		return nil
	}
}

// count counts the valid sequences of several bytes and the invalid bytes of a text. A sequence that the end of the
// text cuts off counts for neither.
func count(text []byte) (sequences, invalid int) {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r != utf8.RuneError || size > 1:
			sequences++
		case !utf8.FullRune(text[i:]):
			return sequences, invalid
		default:
			invalid++
		}
		i += size
	}
	return sequences, invalid
}
