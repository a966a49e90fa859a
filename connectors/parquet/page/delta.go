package page

import "encoding/binary"

// deltaReader reads DELTA_BINARY_PACKED integers.
type deltaReader struct {
	src   []byte
	block int // values a block
	mini  int // values a miniblock
	count int // values in all
}

func (d *deltaReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.src)
	if n <= 0 {
		d.src = nil
		d.count = -1
		return 0
	}
	d.src = d.src[n:]
	return v
}

func (d *deltaReader) varint() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// open reads the header of a stream of exactly want values.
func (d *deltaReader) open(want int) error {
	block, minis, count := d.uvarint(), d.uvarint(), d.uvarint()
	switch {
	case d.count < 0, block == 0, block > 1<<16, minis == 0, minis > block, block%minis != 0, block/minis%8 != 0:
		return Corrupt("its delta header is damaged")
	case count != uint64(want):
		return Corrupt("it holds %d delta values, and its header says %d", count, want)
	}
	d.block, d.mini = int(block), int(block/minis)
	return nil
}

// DecodeDelta fills dst with DELTA_BINARY_PACKED integers and returns what follows them.
func DecodeDelta(dst []int64, src []byte) ([]byte, error) {
	d := deltaReader{src: src}
	if err := d.open(len(dst)); err != nil {
		return nil, err
	}
	last := d.varint()
	if len(dst) > 0 {
		dst[0] = last
		dst = dst[1:]
	}
	for len(dst) > 0 && d.count >= 0 {
		least := d.varint()
		n := d.block / d.mini
		if len(d.src) < n {
			return nil, Corrupt("its delta values end too early")
		}
		widths := d.src[:n]
		d.src = d.src[n:]
		for _, w := range widths {
			if len(dst) == 0 {
				break
			}
			size := d.mini / 8 * int(w)
			if w > 64 || len(d.src) < size {
				return nil, Corrupt("its delta values end too early")
			}
			m := min(d.mini, len(dst))
			last = addDeltas(dst[:m], d.src[:size], uint(w), least, last)
			dst, d.src = dst[m:], d.src[size:]
		}
	}
	if d.count < 0 {
		return nil, Corrupt("its delta values end too early")
	}
	return d.src, nil
}

func addDeltas(dst []int64, src []byte, width uint, least, last int64) int64 {
	mask := ^uint64(0)
	if width < 64 {
		mask = 1<<width - 1
	}
	bit := uint(0)
	for i := range dst {
		at, shift := int(bit>>3), bit&7
		v := load64(src, at) >> shift
		if shift+width > 64 {
			v |= load64(src, at+8) << (64 - shift)
		}
		last += least + int64(v&mask)
		dst[i] = last
		bit += width
	}
	return last
}

// DecodeDeltaLengths decodes DELTA_LENGTH_BYTE_ARRAY: n values lie in data one after another, value i in
// data[offsets[i]:offsets[i+1]]. Data aliases src.
func DecodeDeltaLengths(src []byte, n int, scratch []int64, offsets []uint32) (data []byte, _ []int64, _ []uint32, err error) {
	lengths := resize(scratch, n)
	data, err = DecodeDelta(lengths, src)
	if err != nil {
		return nil, lengths, offsets, err
	}
	offsets = append(offsets[:0], 0)
	var end int64
	for _, l := range lengths {
		if l < 0 || l > int64(len(data))-end {
			return nil, lengths, offsets, Corrupt("a value reaches beyond its end")
		}
		end += l
		offsets = append(offsets, uint32(end))
	}
	return data[:end], lengths, offsets, nil
}

// DecodeDeltaStrings decodes DELTA_BYTE_ARRAY into dst, which grows to at most MaxPage bytes.
func DecodeDeltaStrings(dst, src []byte, n int, offsets []uint32) ([]byte, []uint32, error) {
	prefixes := make([]int64, n)
	rest, err := DecodeDelta(prefixes, src)
	if err != nil {
		return dst, offsets, err
	}
	suffixes, lengths, ends, err := DecodeDeltaLengths(rest, n, nil, nil)
	if err != nil {
		return dst, offsets, err
	}
	size := int64(len(suffixes))
	for i, p := range prefixes {
		if p < 0 || i == 0 && p > 0 || i > 0 && p > prefixes[i-1]+lengths[i-1] {
			return dst, offsets, Corrupt("a value shares more than there is with the one before")
		}
		if size += p; size > MaxPage {
			return dst, offsets, Corrupt("its values inflate beyond %d bytes", MaxPage)
		}
	}
	dst = resize(dst, int(size))[:0]
	offsets = append(offsets[:0], 0)
	start := 0
	for i, p := range prefixes {
		begin := len(dst)
		dst = append(dst, dst[start:start+int(p)]...)
		dst = append(dst, suffixes[ends[i]:ends[i+1]]...)
		offsets = append(offsets, uint32(len(dst)))
		start = begin
	}
	return dst, offsets, nil
}

// DecodeStreams undoes BYTE_STREAM_SPLIT of values of the width in bytes.
func DecodeStreams(dst, src []byte, width int) error {
	n := len(dst) / width
	if len(src) < len(dst) {
		return Corrupt("its values end too early")
	}
	for k := range width {
		stream := src[k*n : (k+1)*n]
		for i, b := range stream {
			dst[i*width+k] = b
		}
	}
	return nil
}

// resize returns a slice of n elements, in s where it fits. The content is arbitrary.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
