package inflate

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Format is a way of compressing files.
type Format string

const (
	None  Format = "none"
	Gzip  Format = "gzip"
	Zstd  Format = "zstd"
	Bzip2 Format = "bz2"
)

// HeadSize is how many bytes of a file Detect needs.
const HeadSize = 10

// window is the largest history that a zstd frame may ask for: what `zstd --long=27` and --ultra -22 write. Decoding
// takes about twice as much memory at worst.
const window = 128 << 20

// Detect tells by the first bytes how a file is compressed.
func Detect(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return Zstd
	case len(head) >= 4 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18 && head[0]&0xf0 == 0x50:
		return Zstd // a skippable frame
	case len(head) >= HeadSize && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return Bzip2
	default:
		return None
	}
}

// NewReader returns a reader of what r holds decompressed. Several members or frames are read as one; whatever else
// follows them is an error, and so is a checksum that does not match.
func NewReader(f Format, r io.Reader) (io.ReadCloser, error) {
	switch f {
	case Gzip:
		return newGzip(bufio.NewReaderSize(r, 64<<10))
	case Zstd:
		// A single goroutine: the caller's own.
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case Bzip2:
		return io.NopCloser(bzip2.NewReader(bufio.NewReaderSize(r, 64<<10))), nil
	default:
		return io.NopCloser(r), nil
	}
}
