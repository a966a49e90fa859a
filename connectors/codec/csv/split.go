package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// span is where a field's value lies in a text: inside of its quotes. Doubled tells that quotes in it are doubled.
type span struct {
	from, to int32
	doubled  bool
}

// mistake is what is wrong with a record's quotes.
type mistake uint8

const (
	sound mistake = iota
	bareQuote
	afterQuote
	openQuote
)

// trim returns the end of a record without its line end.
func trim(text []byte, from, to int) int {
	if to > from && text[to-1] == '\n' {
		to--
	}
	if to > from && text[to-1] == '\r' {
		to--
	}
	return to
}

const (
	ones = 0x0101010101010101
	lows = 0x7f7f7f7f7f7f7f7f
)

// matches marks, by its high bit, each byte of w that is c (repeated eight times in cs).
func matches(w, cs uint64) uint64 {
	x := w ^ cs
	return ^((x&lows + lows) | x | lows)
}

// splitPlain splits text[from:to], which holds no quote, and returns the number of fields. Field i goes to
// spans[slots[i]*stride], unless the slot is negative or there is none.
func splitPlain(text []byte, from, to int, delimiter byte, slots []int32, spans []span, stride int) int {
	fields, begin, cs := 0, from, ones*uint64(delimiter)
	put := func(end int) {
		if fields < len(slots) && slots[fields] >= 0 {
			spans[int(slots[fields])*stride] = span{from: int32(begin), to: int32(end)}
		}
		fields++
		begin = end + 1
	}
	i := from
	for ; i+8 <= to; i += 8 {
		for m := matches(binary.LittleEndian.Uint64(text[i:]), cs); m != 0; m &= m - 1 {
			put(i + bits.TrailingZeros64(m)>>3)
		}
	}
	for ; i < to; i++ {
		if text[i] == delimiter {
			put(i)
		}
	}
	put(to)
	return fields
}

// splitQuoted is splitPlain for records with quotes. It returns the position of a mistake with it.
func splitQuoted(text []byte, from, to int, delimiter byte, slots []int32, spans []span, stride int) (fields int, bad mistake, at int) {
	text = text[:to]
	for i := from; ; i++ {
		var s span
		if i < to && text[i] == '"' {
			s, i = quotedField(text, i)
			if i < 0 {
				return fields, openQuote, int(s.from) - 1
			}
			if i < to && text[i] != delimiter {
				return fields, afterQuote, i
			}
		} else {
			begin := i
			if n := bytes.IndexByte(text[i:], delimiter); n >= 0 {
				i += n
			} else {
				i = to
			}
			if q := bytes.IndexByte(text[begin:i], '"'); q >= 0 {
				return fields, bareQuote, begin + q
			}
			s = span{from: int32(begin), to: int32(i)}
		}
		if fields < len(slots) && slots[fields] >= 0 {
			spans[int(slots[fields])*stride] = s
		}
		fields++
		if i >= to {
			return fields, sound, 0
		}
	}
}

// quotedField returns the field whose opening quote is at i and the index after its closing quote, -1 without one.
func quotedField(text []byte, i int) (s span, next int) {
	s.from = int32(i + 1)
	for i++; ; i++ {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return s, -1
		}
		i += n
		if i+1 == len(text) || text[i+1] != '"' {
			s.to = int32(i)
			return s, i + 1
		}
		s.doubled = true
		i++
	}
}

// undouble copies a field's value into dst, one quote for two, and returns its length.
func undouble(dst, src []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(src, '"')
		if i < 0 {
			return n + copy(dst[n:], src)
		}
		n += copy(dst[n:], src[:i+1])
		src = src[i+2:]
	}
}
