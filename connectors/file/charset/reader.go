package charset

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// blockSize is how many source bytes a reader converts at a time.
const blockSize = 32 << 10

// notUTF8 stands in the result for what is no character in the source.
const notUTF8 = 0xff

// convert is a reader's conversion: it appends the text of src to dst and returns how many bytes of src it used; the
// rest comes again with more behind it. At the end of the input it uses all.
type convert func(dst, src []byte, atEnd bool) (out []byte, used int)

// reader converts a stream block by block. An error of the source is passed on after the text before it, and the next
// call reads on.
type reader struct {
	src     io.Reader
	convert convert
	in      []byte // source bytes not used yet
	out     []byte // converted text not handed out yet
	buf     []byte // out's memory
	block   []byte // in's memory
	err     error
}

func newReader(src io.Reader, c convert) *reader {
	return &reader{src: src, convert: c, block: make([]byte, 0, blockSize), buf: make([]byte, 0, 2*blockSize)}
}

func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.out) == 0 {
		if r.err != nil {
			err := r.err
			if err != io.EOF {
				r.err = nil
			}
			return 0, err
		}
		rest := copy(r.block[:cap(r.block)], r.in)
		n, err := r.src.Read(r.block[rest:cap(r.block)])
		r.err = err
		r.in = r.block[:rest+n]
		var used int
		r.out, used = r.convert(r.buf[:0], r.in, err == io.EOF)
		r.buf, r.in = r.out, r.in[used:]
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// newBytewise reads an encoding of one byte a character.
func newBytewise(src io.Reader, table *charmap.Charmap) io.Reader {
	var text [256][]byte
	for i := range text {
		r := table.DecodeByte(byte(i))
		text[i] = utf8.AppendRune(nil, r)
		if r == utf8.RuneError {
			text[i] = []byte{notUTF8}
		}
	}
	return newReader(src, func(dst, src []byte, _ bool) ([]byte, int) {
		for _, c := range src {
			dst = append(dst, text[c]...)
		}
		return dst, len(src)
	})
}

// newStrict reads any other encoding by its decoder, which writes U+FFFD for what is no character. No encoding but
// UTF-8 and UTF-16 is likely to have that character itself.
func newStrict(src io.Reader, enc encoding.Encoding) io.Reader {
	decoder := enc.NewDecoder()
	buf := make([]byte, 4*blockSize)
	return newReader(src, func(dst, src []byte, atEnd bool) ([]byte, int) {
		n, used, err := decoder.Transform(buf, src, atEnd)
		for err == transform.ErrShortDst || (err == nil && used < len(src)) {
			dst = append(dst, buf[:n]...)
			var more int
			n, more, err = decoder.Transform(buf, src[used:], atEnd)
			used += more
		}
		dst = append(dst, buf[:n]...)
		return bytes.ReplaceAll(dst, []byte("\ufffd"), []byte{notUTF8}), used
	})
}

// newUTF16 reads UTF-16. Half of a surrogate pair becomes the three bytes that UTF-8 forbids for it, a single byte at
// the end another byte that UTF-8 does not have.
func newUTF16(src io.Reader, bigEndian bool) io.Reader {
	first := true
	unit := func(b []byte) rune {
		if bigEndian {
			return rune(b[0])<<8 | rune(b[1])
		}
		return rune(b[1])<<8 | rune(b[0])
	}
	return newReader(src, func(dst, src []byte, atEnd bool) ([]byte, int) {
		i := 0
		for i+2 <= len(src) {
			u := unit(src[i:])
			switch {
			case u < 0xd800 || u > 0xdfff:
				if !first || u != 0xfeff {
					dst = utf8.AppendRune(dst, u)
				}
			case u < 0xdc00 && i+4 > len(src) && !atEnd:
				return dst, i
			case u < 0xdc00 && i+4 <= len(src) && unit(src[i+2:])>>10 == 0xdc00>>10:
				dst = utf8.AppendRune(dst, 0x10000+(u-0xd800)<<10+(unit(src[i+2:])-0xdc00))
				i += 2
			default:
				dst = append(dst, byte(0xe0|u>>12), byte(0x80|u>>6&0x3f), byte(0x80|u&0x3f))
			}
			first = false
			i += 2
		}
		if atEnd && i < len(src) {
			dst = append(dst, notUTF8)
			i++
		}
		return dst, i
	})
}
