package page

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// The decoders and encoders have no state between calls; each holds its tables for as many callers as there are cores.
var (
	zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxDictionary))
		if err != nil {
			panic(err) // the options are constants
		}
		return d
	})
	zstdEncoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20),
			zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	})
	gzipReaders  = sync.Pool{New: func() any { return new(gzip.Reader) }}
	gzipWriters  = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
	brotliReader = sync.Pool{New: func() any { return brotli.NewReader(nil) }}
)

// CheckCodec refuses codecs that Decompress does not know.
func CheckCodec(codec format.CompressionCodec) error {
	switch codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw:
		return nil
	default:
		return &Unsupported{Feature: "the compression " + nameOf(codec.String(), int32(codec))}
	}
}

// Decompress inflates src to exactly len(dst) bytes and returns them: in dst, or src itself where it is not compressed.
func Decompress(codec format.CompressionCodec, dst, src []byte) ([]byte, error) {
	if codec == format.Uncompressed {
		if len(src) != len(dst) {
			return nil, Corrupt("it holds %d bytes, and its header says %d", len(src), len(dst))
		}
		return src, nil
	}
	if len(dst) == 0 {
		return dst, nil
	}
	n, err := inflate(codec, dst, src)
	if err != nil {
		var unsupported *Unsupported
		if errors.As(err, &unsupported) {
			return nil, err
		}
		return nil, Corrupt("its %s data is damaged (%v)", codec, err)
	}
	if n != len(dst) {
		return nil, Corrupt("it inflates to %d bytes, and its header says %d", n, len(dst))
	}
	return dst, nil
}

func inflate(codec format.CompressionCodec, dst, src []byte) (int, error) {
	switch codec {
	case format.Zstd:
		return inflateZstd(dst, src)
	case format.Snappy:
		n, err := s2.DecodedLen(src)
		if err != nil || n != len(dst) {
			return n, err
		}
		_, err = s2.Decode(dst, src)
		return n, err
	case format.Lz4Raw:
		return lz4.UncompressBlock(src, dst)
	case format.Gzip:
		z := gzipReaders.Get().(*gzip.Reader)
		defer gzipReaders.Put(z)
		if err := z.Reset(bytes.NewReader(src)); err != nil {
			return 0, err
		}
		return readAll(z, dst)
	case format.Brotli:
		z := brotliReader.Get().(*brotli.Reader)
		defer brotliReader.Put(z)
		if err := z.Reset(bytes.NewReader(src)); err != nil {
			return 0, err
		}
		return readAll(z, dst)
	default:
		return 0, CheckCodec(codec)
	}
}

func inflateZstd(dst, src []byte) (int, error) {
	var h zstd.Header
	if err := h.Decode(src); err != nil {
		return 0, err
	}
	if h.HasFCS && h.FrameContentSize > uint64(len(dst)) {
		return int(min(h.FrameContentSize, 1<<40)), nil
	}
	out, err := zstdDecoder().DecodeAll(src, dst[:0])
	if err == nil && len(out) == len(dst) && &out[0] != &dst[0] {
		copy(dst, out)
	}
	return len(out), err
}

// readAll fills dst and then expects the end, where checksums are.
func readAll(r io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(r, dst)
	if err != nil {
		return n, err
	}
	var one [1]byte
	more, err := io.ReadFull(r, one[:])
	if err == io.EOF {
		err = nil
	}
	return n + more, err
}

// Compress appends src, compressed, to dst. The codecs are those that SinkConfig knows.
func Compress(codec format.CompressionCodec, dst, src []byte) ([]byte, error) {
	switch codec {
	case format.Uncompressed:
		return append(dst, src...), nil
	case format.Zstd:
		return zstdEncoder().EncodeAll(src, dst), nil
	case format.Snappy:
		at := len(dst)
		dst = append(dst, make([]byte, s2.MaxEncodedLen(len(src)))...)
		return dst[:at+len(s2.EncodeSnappy(dst[at:], src))], nil
	case format.Gzip:
		buf := bytes.NewBuffer(dst)
		z := gzipWriters.Get().(*gzip.Writer)
		defer gzipWriters.Put(z)
		z.Reset(buf)
		if _, err := z.Write(src); err != nil {
			return dst, err
		}
		err := z.Close()
		return buf.Bytes(), err
	default:
		return dst, CheckCodec(codec)
	}
}
