package wordpiece

import (
	_ "embed"
	"encoding/binary"
	"sync"
	"unsafe"
)

//go:embed unicode_table.bin
var unicodeTable string

// What becomes of a code point; the layout is described in gen/unicode.py, which writes the table.
const (
	keep       = 0
	remove     = 1
	removeEnd  = 2 // removed, but ends a run of combining marks
	space      = 3
	alone      = 4 // kept as a word of its own
	hangul     = 5
	combining  = 0x100 // + canonical combining class
	mapped     = 0x200 // + number of the mapping
	blockSize  = 128
	codeBlocks = 0x110000 / blockSize
)

// codePoints is the decoded table.
type codePoints struct {
	blocks  []uint16 // block number of each 128 code points
	values  []uint16 // blocks × 128
	offsets []uint16 // into text
	text    string
}

// unicodes decodes the table at the first text that is not ASCII.
var unicodes = sync.OnceValue(func() *codePoints {
	raw := unsafe.Slice(unsafe.StringData(unicodeTable), len(unicodeTable))
	blocks, maps := int(binary.LittleEndian.Uint16(raw)), int(binary.LittleEndian.Uint16(raw[2:]))
	raw = raw[8:]
	take := func(n int) []uint16 {
		out := make([]uint16, n)
		for i := range out {
			out[i] = binary.LittleEndian.Uint16(raw[2*i:])
		}
		raw = raw[2*n:]
		return out
	}
	c := &codePoints{blocks: take(codeBlocks), values: take(blocks * blockSize), offsets: take(maps + 1)}
	c.text = string(raw)
	return c
})

// value says what becomes of a code point.
func (c *codePoints) value(r rune) uint16 {
	return c.values[int(c.blocks[r/blockSize])*blockSize+int(r%blockSize)]
}

// mapping is the text of a value of mapped or above.
func (c *codePoints) mapping(v uint16) string {
	i := v - mapped
	return c.text[c.offsets[i]:c.offsets[i+1]]
}
