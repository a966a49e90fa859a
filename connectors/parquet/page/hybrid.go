package page

import (
	"encoding/binary"
	"math/bits"
)

// uvarint reads an unsigned varint of up to 5 bytes. n is 0 where there is none.
func uvarint(b []byte) (v uint32, n int) {
	for i := 0; i < len(b) && i < 5; i++ {
		v |= uint32(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// load64 reads 8 little-endian bytes from an offset, zeros beyond the end.
func load64(b []byte, i int) uint64 {
	if i+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[i:])
	}
	var v uint64
	for j := i; j < len(b); j++ {
		v |= uint64(b[j]) << (8 * (j - i))
	}
	return v
}

// hybridRun is a run of the RLE and bit-packing hybrid.
type hybridRun struct {
	n      int    // values, as many as are wanted
	value  uint32 // of a repeated run
	packed []byte // of a packed run, else nil
}

// nextRun cuts the next run of at most want values from src.
func nextRun(src []byte, width uint, want int) (run hybridRun, rest []byte, err error) {
	h, n := uvarint(src)
	if n == 0 {
		return run, nil, Corrupt("its run lengths end too early")
	}
	src = src[n:]
	if h&1 == 0 { // repeated
		size := int(width+7) / 8
		if len(src) < size {
			return run, nil, Corrupt("its run lengths end too early")
		}
		run.value = uint32(load64(src[:size], 0))
		run.n = min(int(h>>1), want)
		return run, src[size:], nil
	}
	groups := int(h >> 1)
	run.n = min(groups*8, want)
	size := groups * int(width)
	if size > len(src) { // writers may leave out the padding of the last group
		if (run.n*int(width)+7)/8 > len(src) {
			return run, nil, Corrupt("its packed values end too early")
		}
		size = len(src)
	}
	run.packed = src[:size:size]
	return run, src[size:], nil
}

// DecodeHybrid fills dst with values of the RLE and bit-packing hybrid. Width is 0 to 32 bits.
func DecodeHybrid(dst []int32, src []byte, width uint) error {
	if width > 32 {
		return Corrupt("it has values of %d bits", width)
	}
	for len(dst) > 0 {
		run, rest, err := nextRun(src, width, len(dst))
		if err != nil {
			return err
		}
		src = rest
		out := dst[:run.n]
		dst = dst[run.n:]
		if run.packed == nil {
			for i := range out {
				out[i] = int32(run.value)
			}
			continue
		}
		unpack32(out, run.packed, width)
	}
	return nil
}

func unpack32(dst []int32, src []byte, width uint) {
	mask := uint64(1)<<width - 1
	bit := uint(0)
	for i := range dst {
		dst[i] = int32(load64(src, int(bit>>3)) >> (bit & 7) & mask)
		bit += width
	}
}

// DecodeLevels fills dst with levels from 0 to top. all tells that each of them is top; dst may then be left alone.
func DecodeLevels(dst []byte, src []byte, top byte) (all bool, err error) {
	width := uint(bits.Len8(top))
	whole := len(dst)
	for len(dst) > 0 {
		run, rest, err := nextRun(src, width, len(dst))
		if err != nil {
			return false, err
		}
		src = rest
		out := dst[:run.n]
		dst = dst[run.n:]
		if run.packed != nil {
			if !unpack8(out, run.packed, width, top) {
				return false, Corrupt("it has a level above %d", top)
			}
			continue
		}
		if run.value > uint32(top) {
			return false, Corrupt("it has a level above %d", top)
		}
		if run.n == whole && byte(run.value) == top {
			return true, nil
		}
		for i := range out {
			out[i] = byte(run.value)
		}
	}
	return false, nil
}

// spread[b] is the bits of b as bytes of 0 or 1.
var spread = func() (t [256]uint64) {
	for b := range t {
		for i := range 8 {
			t[b] |= uint64(b>>i&1) << (8 * i)
		}
	}
	return t
}()

// unpack8 unpacks levels, and reports whether none is above top.
func unpack8(dst []byte, src []byte, width uint, top byte) bool {
	if width == 1 {
		for len(dst) >= 8 {
			binary.LittleEndian.PutUint64(dst, spread[src[0]])
			dst, src = dst[8:], src[1:]
		}
		for i := range dst {
			dst[i] = src[0] >> i & 1
		}
		return true
	}
	mask := byte(1<<width - 1)
	bit, ok := uint(0), true
	for i := range dst {
		dst[i] = byte(load64(src, int(bit>>3))>>(bit&7)) & mask
		ok = ok && dst[i] <= top
		bit += width
	}
	return ok
}

// DecodeBits unpacks n booleans of the plain encoding into bytes of 0 or 1.
func DecodeBits(dst []byte, src []byte) error {
	if len(src) < (len(dst)+7)/8 {
		return Corrupt("its booleans end too early")
	}
	unpack8(dst, src, 1, 1)
	return nil
}
