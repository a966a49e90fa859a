package page_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// TestHybridUndoesParquetGo decodes what the common encoder makes, at every width.
func TestHybridUndoesParquetGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for width := 1; width <= 32; width++ {
		for _, n := range []int{1, 7, 8, 9, 64, 1000} {
			want := make([]int32, n)
			for i := range want {
				if i%100 < 60 && i > 0 { // runs
					want[i] = want[i-1]
				} else {
					want[i] = int32(rng.Uint32() >> (32 - width))
				}
			}
			enc := rle.Encoding{BitWidth: width}
			b, err := enc.EncodeInt32(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int32, n)
			if err := page.DecodeHybrid(got, b, uint(width)); err != nil || !slices.Equal(got, want) {
				t.Fatalf("width %d, %d values: %v", width, n, err)
			}
			for cut := range b {
				if err := page.DecodeHybrid(got, b[:cut], uint(width)); err == nil && !slices.Equal(got, want) {
					t.Fatalf("width %d: cut at %d it gives other values", width, cut)
				}
			}
		}
	}
	if err := page.DecodeHybrid(make([]int32, 1), []byte{2, 1}, 33); !errors.Is(err, page.ErrCorrupt) {
		t.Errorf("33 bits: %v", err)
	}
}

func TestLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for top := byte(1); top < 9; top++ {
		for _, n := range []int{1, 8, 13, 500} {
			want := make([]byte, n)
			for i := range want {
				want[i] = byte(rng.IntN(int(top) + 1))
			}
			enc := rle.Encoding{BitWidth: bits.Len8(top)}
			b, err := enc.EncodeLevels(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, n)
			all, err := page.DecodeLevels(got, b, top)
			if all {
				for i := range got {
					got[i] = top
				}
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("top %d, %d levels: %v", top, n, err)
			}
		}
	}
	for name, src := range map[string][]byte{"packed": {3, 0xff, 0xff}, "repeated": {16, 3}, "none": {}} {
		if _, err := page.DecodeLevels(make([]byte, 8), src, 2); !errors.Is(err, page.ErrCorrupt) {
			t.Errorf("%s levels above the top: %v", name, err)
		}
	}
}

func TestDeltaUndoesParquetGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{0, 1, 2, 31, 128, 129, 1000} {
		for shift := range 64 {
			want := make([]int64, n)
			for i := range want {
				want[i] = int64(rng.Uint64()) >> shift
			}
			var enc delta.BinaryPackedEncoding
			b, err := enc.EncodeInt64(nil, want)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int64, n)
			rest, err := page.DecodeDelta(got, append(b, 9))
			if err != nil || !slices.Equal(got, want) || n > 0 && len(rest) != 1 {
				t.Fatalf("%d values: %v, %d bytes left", n, err, len(rest))
			}
			if _, err := page.DecodeDelta(make([]int64, n+1), b); !errors.Is(err, page.ErrCorrupt) {
				t.Fatalf("a value more than there is: %v", err)
			}
		}
	}
	for cut := range 40 {
		var enc delta.BinaryPackedEncoding
		b, err := enc.EncodeInt64(nil, []int64{1, 5, -9, 1 << 40, 3})
		if err != nil {
			t.Fatal(err)
		}
		if cut < len(b)-1 {
			if _, err := page.DecodeDelta(make([]int64, 5), b[:cut]); err == nil {
				t.Errorf("cut at %d of %d: no error", cut, len(b))
			}
		}
	}
}

func TestDeltaStringsUndoParquetGo(t *testing.T) {
	var data []byte
	offs := []uint32{0}
	for i := range 300 {
		data = fmt.Appendf(data, "shared prefix %06d", i*i)
		offs = append(offs, uint32(len(data)))
	}
	var lengths delta.LengthByteArrayEncoding
	b, err := lengths.EncodeByteArray(nil, data, offs)
	if err != nil {
		t.Fatal(err)
	}
	got, _, gotOffs, err := page.DecodeDeltaLengths(b, 300, nil, nil)
	if err != nil || !bytes.Equal(got, data) || !slices.Equal(gotOffs, offs) {
		t.Errorf("lengths: %v", err)
	}
	var strings delta.ByteArrayEncoding
	if b, err = strings.EncodeByteArray(nil, data, offs); err != nil {
		t.Fatal(err)
	}
	got, gotOffs, err = page.DecodeDeltaStrings(nil, b, 300, nil)
	if err != nil || !bytes.Equal(got, data) || !slices.Equal(gotOffs, offs) {
		t.Errorf("strings: %v", err)
	}
	for at := range b {
		bad := bytes.Clone(b)
		bad[at] ^= 0x55
		_, _, _ = page.DecodeDeltaStrings(nil, bad, 300, nil) // it may be other strings; it may not panic
		_, _, _ = page.DecodeDeltaStrings(nil, b[:at], 300, nil)
	}
}

// TestDeltaStringsBomb lets a value of 1 MiB be repeated 1,000 times by its prefix.
func TestDeltaStringsBomb(t *testing.T) {
	n, long := 1000, int64(1<<20)
	prefixes, suffixes := make([]int64, n), make([]int64, n)
	for i := range prefixes {
		prefixes[i] = long
	}
	prefixes[0], suffixes[0] = 0, long
	var enc delta.BinaryPackedEncoding
	b, err := enc.EncodeInt64(nil, prefixes)
	if err != nil {
		t.Fatal(err)
	}
	more, err := enc.EncodeInt64(nil, suffixes)
	if err != nil {
		t.Fatal(err)
	}
	b = append(append(b, more...), make([]byte, long)...)
	if _, _, err := page.DecodeDeltaStrings(nil, b, n, nil); !errors.Is(err, page.ErrCorrupt) {
		t.Errorf("a bomb of 1 GiB: %v", err)
	}
}

func TestCodecs(t *testing.T) {
	text := bytes.Repeat([]byte("the same words again and "), 400)
	for _, codec := range []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw} {
		b := compress(t, codec, text)
		got, err := page.Decompress(codec, make([]byte, len(text)), b)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %v", codec, err)
		}
		for _, n := range []int{len(text) - 1, len(text) + 1} {
			if _, err := page.Decompress(codec, make([]byte, n), b); !errors.Is(err, page.ErrCorrupt) {
				t.Errorf("%s inflated to %d of %d bytes: %v", codec, n, len(text), err)
			}
		}
		if _, err := page.Decompress(codec, make([]byte, len(text)), b[:len(b)/2]); !errors.Is(err, page.ErrCorrupt) {
			t.Errorf("%s cut: %v", codec, err)
		}
		if got, err := page.Decompress(codec, nil, nil); err != nil || len(got) != 0 {
			t.Errorf("%s of nothing: %v", codec, err)
		}
	}
	for _, codec := range []format.CompressionCodec{format.LZO, format.Lz4, 99} {
		var unsupported *page.Unsupported
		if _, err := page.Decompress(codec, make([]byte, 5), text); !errors.As(err, &unsupported) {
			t.Errorf("%d: %v", codec, err)
		}
		if _, err := page.Compress(codec, nil, text); !errors.As(err, &unsupported) {
			t.Errorf("%d: %v", codec, err)
		}
	}
}

func compress(t *testing.T, codec format.CompressionCodec, text []byte) []byte {
	t.Helper()
	switch codec {
	case format.Brotli:
		var buf bytes.Buffer
		w := brotli.NewWriter(&buf)
		_, err := w.Write(text)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	case format.Lz4Raw:
		b := make([]byte, lz4.CompressBlockBound(len(text)))
		n, err := lz4.CompressBlock(text, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b[:n]
	default:
		b, err := page.Compress(codec, []byte("prefix"), text)
		if err != nil || !bytes.HasPrefix(b, []byte("prefix")) {
			t.Fatal(err)
		}
		return b[6:]
	}
}

func TestHeaders(t *testing.T) {
	h := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: 100, CompressedPageSize: 50, CRC: -5}
	h.DataPageHeaderV2.Set(format.DataPageHeaderV2{
		NumValues: 10, NumNulls: 3, NumRows: 9, Encoding: format.DeltaByteArray, DefinitionLevelsByteLength: 4,
		RepetitionLevelsByteLength: 2, IsCompressed: thrift.New(false), Statistics: format.Statistics{MinValue: []byte("a"), MaxValue: []byte("z")},
	})
	b, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		t.Fatal(err)
	}
	got, more, err := page.ParseHeader(append(b, "body"...))
	want := page.Header{
		Type: format.DataPageV2, Uncompressed: 100, Compressed: 50, CRC: 0xfffffffb, HasCRC: true, Values: 10, Encoding: format.DeltaByteArray,
		Nulls: 3, Rows: 9, DefLen: 4, RepLen: 2, Plain: true, Len: len(b),
	}
	if err != nil || more || got != want {
		t.Errorf("%+v %v %v, want %+v", got, more, err, want)
	}
	for cut := range b {
		if _, more, err := page.ParseHeader(b[:cut]); !more || err != nil {
			t.Errorf("cut at %d of %d: more %v, %v", cut, len(b), more, err)
		}
	}
	rng := rand.New(rand.NewPCG(4, 4))
	for range 20_000 { // never a panic, never a size above the limits
		bad := bytes.Clone(b)
		bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		h, _, err := page.ParseHeader(bad)
		if err == nil && max(h.Compressed, h.Uncompressed) > page.MaxDictionary {
			t.Fatalf("%x is a header of %+v", bad, h)
		}
	}
}

func TestCheckThrift(t *testing.T) {
	type inner struct {
		A int32   `thrift:"1"`
		B []byte  `thrift:"2"`
		C float64 `thrift:"3"`
		D bool    `thrift:"4"`
		E int8    `thrift:"20"`
	}
	type outer struct {
		M map[string]int64    `thrift:"1"`
		L thrift.Slice[inner] `thrift:"2"`
		N []bool              `thrift:"3"`
		Z map[int32]int32     `thrift:"4"`
	}
	v := outer{M: map[string]int64{"a": 1}, L: make([]inner, 20), N: []bool{true, false}, Z: map[int32]int32{}}
	v.L[3] = inner{1, []byte("b"), 1.5, true, 3}
	b, err := thrift.Marshal(new(thrift.CompactProtocol), &v)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := page.CheckThrift(append(b, 7)); n != len(b) || err != nil {
		t.Errorf("%d of %d bytes, %v", n, len(b), err)
	}
	for cut := range b {
		if _, err := page.CheckThrift(b[:cut]); !errors.Is(err, page.ErrCorrupt) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	deep := bytes.Repeat([]byte{0x1c}, 1000)
	if _, err := page.CheckThrift(deep); !errors.Is(err, page.ErrCorrupt) {
		t.Errorf("1,000 structs in each other: %v", err)
	}
	many := append([]byte{0x19, 0xfc}, binary.AppendUvarint(nil, 1_000_000)...)
	if _, err := page.CheckThrift(append(many, make([]byte, 1_000_001)...)); !errors.Is(err, page.ErrCorrupt) {
		t.Errorf("a million empty structs: %v", err)
	}
}

func TestStreamsAndBits(t *testing.T) {
	dst := make([]byte, 8)
	if err := page.DecodeStreams(dst, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 4); err != nil || !bytes.Equal(dst, []byte{1, 3, 5, 7, 2, 4, 6, 8}) {
		t.Errorf("%v %v", dst, err)
	}
	if err := page.DecodeStreams(dst, []byte{1}, 4); !errors.Is(err, page.ErrCorrupt) {
		t.Error(err)
	}
	if err := page.DecodeBits(dst, []byte{0b10100101}); err != nil || !bytes.Equal(dst, []byte{1, 0, 1, 0, 0, 1, 0, 1}) {
		t.Errorf("%v %v", dst, err)
	}
	if err := page.DecodeBits(dst, nil); !errors.Is(err, page.ErrCorrupt) {
		t.Error(err)
	}
}
