package labelling

import (
	"bytes"
	"unicode/utf8"
)

// Key is a key that was pressed: a rune that it types, or one of the named ones.
type Key rune

// Keys that type nothing.
const (
	KeyEnter Key = -1 - iota
	KeyTab
	KeyBackspace
	KeyEscape
	KeyUp
	KeyDown
	KeyPageUp
	KeyPageDown
	KeyClear  // Ctrl-U
	KeyRedraw // Ctrl-L
	KeyQuit   // Ctrl-C, Ctrl-D
	KeyOther  // one without a meaning here
)

// Decoder makes keys of a terminal's bytes, however they are cut into reads. What is pasted is left out: it would press
// keys by the hundred. The zero Decoder is ready.
type Decoder struct {
	rest  []byte
	paste bool
}

// pasteEnd ends what is pasted, in terminals that mark it.
var pasteEnd = []byte("\x1b[201~")

// maxSequence is where an escape sequence that does not end is given up.
const maxSequence = 32

// Feed takes bytes and returns the keys that are complete.
func (d *Decoder) Feed(data []byte) []Key {
	d.rest = append(d.rest, data...)
	var keys []Key
	for len(d.rest) > 0 {
		if d.paste {
			if !d.skipPaste() {
				break
			}
			continue
		}
		k, n := d.next()
		if n == 0 {
			break
		}
		d.rest = d.rest[n:]
		keys = append(keys, k)
	}
	return keys
}

// Waiting says whether an escape has come that may be a key of its own, or the begin of a sequence: time tells.
func (d *Decoder) Waiting() bool { return !d.paste && len(d.rest) > 0 && d.rest[0] == 0x1b }

// Settle takes an escape that has waited for a key of its own.
func (d *Decoder) Settle() []Key {
	if !d.Waiting() {
		return nil
	}
	k := KeyEscape
	if len(d.rest) > 1 { // the begin of a sequence that was lost
		k = KeyOther
	}
	d.rest = nil
	return []Key{k}
}

// skipPaste drops what is pasted; false when its end has not come.
func (d *Decoder) skipPaste() bool {
	if end := bytes.Index(d.rest, pasteEnd); end >= 0 {
		d.rest, d.paste = d.rest[end+len(pasteEnd):], false
		return true
	}
	d.rest = d.rest[max(len(d.rest)-len(pasteEnd)+1, 0):] // its begin may be there
	return false
}

// next reads a key and the number of its bytes, 0 when it is not complete.
func (d *Decoder) next() (Key, int) {
	b := d.rest
	switch c := b[0]; {
	case c == 0x1b:
		return d.escape()
	case c < utf8.RuneSelf:
		return control(c), 1
	case !utf8.FullRune(b):
		return 0, 0
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError {
		return KeyOther, n
	}
	return Key(r), n
}

func control(c byte) Key {
	switch c {
	case '\r', '\n':
		return KeyEnter
	case '\t':
		return KeyTab
	case 0x7f, '\b':
		return KeyBackspace
	case 0x15:
		return KeyClear
	case 0x0c:
		return KeyRedraw
	case 0x03, 0x04:
		return KeyQuit
	}
	if c < ' ' {
		return KeyOther
	}
	return Key(c)
}

// escape reads a sequence of ECMA-48 (ESC [ … final byte), or of keypads (ESC O x), or a key with Alt.
func (d *Decoder) escape() (Key, int) {
	b := d.rest
	if len(b) == 1 {
		return 0, 0
	}
	switch b[1] {
	case 0x1b:
		return KeyEscape, 1
	case 'O':
		if len(b) < 3 {
			return 0, 0
		}
		return named("", b[2]), 3
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				k := named(string(b[2:i]), b[i])
				d.paste = string(b[:i+1]) == "\x1b[200~"
				return k, i + 1
			}
			if i == maxSequence {
				return KeyOther, i
			}
		}
		return 0, 0
	}
	if !utf8.FullRune(b[1:]) {
		return 0, 0
	}
	_, n := utf8.DecodeRune(b[1:])
	return KeyOther, 1 + n
}

// named is the key of a sequence.
func named(parameters string, final byte) Key {
	switch {
	case final == 'A':
		return KeyUp
	case final == 'B':
		return KeyDown
	case final == '~' && parameters == "5":
		return KeyPageUp
	case final == '~' && parameters == "6":
		return KeyPageDown
	case final == 'M' && parameters == "": // Enter of a keypad
		return KeyEnter
	}
	return KeyOther
}
