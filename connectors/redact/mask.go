package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/classify"
)

// hashDigits is how many hexadecimal digits of a hash a mark has: 64 bits.
const hashDigits = 16

// masker replaces what is hidden. It is immutable.
type masker struct {
	spans Finder
	key   []byte
	marks []string // by type: [EMAIL, the bracket at the end aside
}

func newMasker(f Finder, key []byte) *masker {
	m := &masker{spans: f, key: key}
	for _, name := range f.About().Types {
		m.marks = append(m.marks, "["+strings.Map(markRune, strings.ToUpper(name)))
	}
	return m
}

// markRune is a character of a mark: brackets and spaces would make it hard to find again.
func markRune(r rune) rune {
	if r == '[' || r == ']' || r == ':' || r <= ' ' || r == utf8.RuneError {
		return '_'
	}
	return r
}

// finder is a masker for one goroutine.
func (m *masker) finder() *hider { return &hider{masker: m} }

// hider hides texts one by one.
type hider struct {
	*masker
	found []classify.Span // of the last text
}

// look finds what is to be hidden, and reports whether there is anything.
func (h *hider) look(text string) bool {
	h.found = h.spans.Find(h.found[:0], text)
	return len(h.found) > 0
}

// append appends the text that was looked at last with marks in place of what was found.
func (h *hider) append(dst []byte, text string) []byte {
	at := int32(0)
	for _, s := range h.found {
		dst = append(dst, text[at:s.Start]...)
		dst = h.mark(dst, s, text)
		at = s.End
	}
	return append(dst, text[at:]...)
}

func (h *hider) mark(dst []byte, s classify.Span, text string) []byte {
	dst = append(dst, h.marks[s.Type]...)
	if len(h.key) > 0 {
		sum := hmac.New(sha256.New, h.key)
		sum.Write([]byte(h.marks[s.Type]))
		sum.Write([]byte(text[s.Start:s.End]))
		dst = append(dst, ':')
		dst = hex.AppendEncode(dst, sum.Sum(nil)[:hashDigits/2])
	}
	return append(dst, ']')
}

// text is a text with marks; the same one where nothing was found.
func (h *hider) text(text string) string {
	if !h.look(text) {
		return text
	}
	return string(h.append(nil, text))
}
