package fasttext

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// decoder reads the little-endian values of a model's file. Its first error stays: later reads give zeros.
type decoder struct {
	file io.ReaderAt
	r    *bufio.Reader // of the file
	size int64         // of the file
	at   int64         // bytes read
	part string
	err  error
	buf  [8]byte
}

func newDecoder(file io.ReaderAt, size int64) *decoder {
	const most = 1 << 20
	whole := io.NewSectionReader(file, 0, math.MaxInt64) // longer than it should be, if it is
	return &decoder{file: file, r: bufio.NewReaderSize(whole, int(min(size, most))), size: size, part: "header"}
}

// fail keeps the first error, with its place.
func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%s, at byte %d: %w", d.part, d.at, fmt.Errorf(format, args...))
	}
}

// left is how many bytes the file still has.
func (d *decoder) left() int64 { return d.size - d.at }

// needs fails unless n items of width bytes can follow, and is asked before they are allocated.
func (d *decoder) needs(n, width int64) bool {
	if d.err == nil && (n < 0 || n > d.left()/width) {
		d.fail("%d × %d bytes should follow, but only %d are left: the file is cut short or damaged", n, width, d.left())
	}
	return d.err == nil
}

// fill reads len(b) bytes.
func (d *decoder) fill(b []byte) {
	if d.err != nil {
		clear(b)
		return
	}
	n, err := io.ReadFull(d.r, b)
	d.at += int64(n)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		clear(b)
		d.fail("the file ends: it is cut short")
	case err != nil:
		clear(b)
		d.fail("%w", err)
	}
}

func (d *decoder) byte() byte {
	d.fill(d.buf[:1])
	return d.buf[0]
}

// bool is a byte that must be 0 or 1.
func (d *decoder) bool() bool {
	b := d.byte()
	if b > 1 {
		d.fail("%d stands where a flag should be 0 or 1: the file is damaged", b)
	}
	return b == 1
}

func (d *decoder) int32() int {
	d.fill(d.buf[:4])
	return int(int32(binary.LittleEndian.Uint32(d.buf[:4])))
}

func (d *decoder) int64() int64 {
	d.fill(d.buf[:8])
	return int64(binary.LittleEndian.Uint64(d.buf[:8]))
}

func (d *decoder) float64() float64 { return math.Float64frombits(uint64(d.int64())) }

// bytes reads n bytes.
func (d *decoder) bytes(n int64) []byte {
	if !d.needs(n, 1) {
		return nil
	}
	b := make([]byte, n)
	d.fill(b)
	return b
}

// floats reads as many numbers as to is long, all of which must be finite.
func (d *decoder) floats(to []float32) {
	for len(to) > 0 && d.err == nil {
		// A piece of the buffer at a time: no copy of the file is made.
		raw, err := d.r.Peek(4 * min(len(to), d.r.Size()/4))
		if n := len(raw) / 4; n > 0 {
			d.decode(to[:n], raw)
			to = to[n:]
			_, _ = d.r.Discard(4 * n)
			d.at += int64(4 * n)
			continue
		}
		if errors.Is(err, io.EOF) {
			d.fail("the file ends: it is cut short")
		} else {
			d.fail("%w", err)
		}
	}
}

// decode looks at pairs of numbers: a number is finite unless its exponent is all ones, to which one more of it
// carries into the sign's place.
func (d *decoder) decode(to []float32, raw []byte) {
	const exponents, one, signs = 0x7f800000_7f800000, 0x00800000_00800000, 0x80000000_80000000
	var carried uint64
	rest, from := to, raw
	for ; len(rest) >= 4 && len(from) >= 16; rest, from = rest[4:], from[16:] {
		a, b := binary.LittleEndian.Uint64(from), binary.LittleEndian.Uint64(from[8:])
		carried |= (a&exponents + one) | (b&exponents + one)
		rest[0], rest[1] = math.Float32frombits(uint32(a)), math.Float32frombits(uint32(a>>32))
		rest[2], rest[3] = math.Float32frombits(uint32(b)), math.Float32frombits(uint32(b>>32))
	}
	for i := range rest {
		x := binary.LittleEndian.Uint32(from[4*i:])
		carried |= uint64(x)&exponents + one
		rest[i] = math.Float32frombits(x)
	}
	if carried&signs == 0 {
		return
	}
	for i, v := range to {
		if math.Float32bits(v)&uint32(exponents&math.MaxUint32) == uint32(exponents&math.MaxUint32) {
			d.at += int64(4 * i)
			d.fail("a weight is %v: training diverged, or the file is damaged", v)
			return
		}
	}
}

// word reads bytes up to a zero byte.
func (d *decoder) word(to []byte) []byte {
	start := len(to)
	for d.err == nil {
		raw, err := d.r.ReadSlice(0)
		d.at += int64(len(raw))
		to = append(to, raw...)
		switch {
		case err == nil:
			return to[:len(to)-1]
		case len(to)-start > maxWord:
			d.fail("a word has more than %d bytes: the file is damaged", maxWord)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			d.fail("the file ends: it is cut short")
		default:
			d.fail("%w", err)
		}
	}
	return to[:start]
}
