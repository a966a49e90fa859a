package fasttext_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var update = flag.Bool("update", false, "rewrite golden files")

func goldenFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func read(data []byte) (*fasttext.Model, error) {
	return fasttext.Read(bytes.NewReader(data), int64(len(data)))
}

// TestCut cuts models at every byte: each is refused, with a code, a place and a remedy.
func TestCut(t *testing.T) {
	for _, name := range []string{"softmax.bin", "hs.bin", "cutoff.ftz"} {
		data := goldenFile(t, name)
		for n := range data {
			m, err := read(data[:n])
			e, ok := fault.As(err)
			if m != nil || !ok || e.Code != fault.ModelInvalid || e.Remedy() == "" {
				t.Fatalf("%s cut to %d of %d bytes: %v", name, n, len(data), err)
			}
			if n > 8 && !strings.Contains(e.What, "at byte") {
				t.Fatalf("%s cut to %d bytes: no place in %v", name, n, err)
			}
		}
		// A file that is shorter than its size said, as when it is cut while it is read.
		if _, err := fasttext.Read(bytes.NewReader(data[:len(data)-5]), int64(len(data))); err == nil {
			t.Errorf("%s: the reader ended early, and nobody noticed", name)
		}
	}
}

// TestHash: a model's hash is that of its file, also where WriteTo would write another one.
func TestHash(t *testing.T) {
	for name, data := range map[string][]byte{
		"dense":     goldenFile(t, "softmax.bin"),
		"tree":      goldenFile(t, "hs.bin"),
		"quantized": goldenFile(t, "cutoff.ftz"),
		"old":       patch(goldenFile(t, "words_only.ftz"), 4, int32(11)),
	} {
		m, err := read(data)
		if err != nil {
			t.Fatal(name, err)
		}
		if want := fmt.Sprintf("%x", sha256.Sum256(data)); m.Hash() != want {
			t.Errorf("%s: the hash %s, want %s", name, m.Hash(), want)
		}
	}
}

// patch writes a value into a copy of a file.
func patch(data []byte, at int, v any) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, v)
	out := bytes.Clone(data)
	copy(out[at:], b.Bytes())
	return out
}

// TestNotFinite puts what is no number, and the largest that is one, into every place of some rows.
func TestNotFinite(t *testing.T) {
	bin := goldenFile(t, "softmax.bin")
	matrix := bytes.LastIndex(bin, []byte("__label__"))
	matrix += bytes.IndexByte(bin[matrix:], 0) + 1 + 8 + 1 + 1 + 16 // past its header
	for i := range 3 * 24 {
		at := matrix + 4*i
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			_, err := read(patch(bin, at, float32(bad)))
			if want := fmt.Sprintf("input matrix, at byte %d: a weight is %v", at, bad); err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("want %s, got %v", want, err)
			}
		}
		for _, good := range []float32{math.MaxFloat32, -math.MaxFloat32} {
			m, err := read(patch(bin, at, good))
			if err != nil {
				t.Fatal(at, err)
			}
			if got := m.Input().Row(i / m.Input().Dim)[i%m.Input().Dim]; got != good {
				t.Fatalf("weight %d is %v", i, got)
			}
		}
	}
}

// TestRefused holds the exact messages about files that are none of a supervised model, or damaged.
func TestRefused(t *testing.T) {
	bin := goldenFile(t, "softmax.bin")
	const args, dict = 8, 8 + 56
	// The input matrix begins behind the last label's kind and the flag.
	last := bytes.LastIndex(bin, []byte("__label__"))
	matrix := last + bytes.IndexByte(bin[last:], 0) + 1 + 8 + 1 + 1
	cases := []struct {
		name string
		data []byte
	}{
		{"empty", nil},
		{"text", []byte("__label__a some text\n")},
		{"vectors as text", []byte("2 3\nthe 0.1 0.2 0.3\n")},
		{"gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00")},
		{"newer version", patch(bin, 4, int32(13))},
		{"old version", patch(bin, 4, int32(10))},
		{"word vectors", patch(bin, args+28, int32(2))},
		{"kind", patch(bin, args+28, int32(9))},
		{"loss", patch(bin, args+24, int32(0))},
		{"dimensions", patch(bin, args, int32(0))},
		{"huge dimensions", patch(bin, args, int32(math.MaxInt32))},
		{"n-grams without buckets", patch(bin, args+20, int32(2))},
		{"long n-grams", patch(patch(bin, args+20, int32(1<<30)), args+32, int32(10))},
		{"negative buckets", patch(bin, args+32, int32(-1))},
		{"more buckets", patch(bin, args+32, int32(1000))},
		{"entries", patch(bin, dict, int32(math.MaxInt32))},
		{"huge dictionary", patch(patch(bin, dict, int32(math.MaxInt32)), dict+4, int32(math.MaxInt32-4))},
		{"no labels", patch(patch(bin, dict+4, int32(int(binary.LittleEndian.Uint32(bin[dict:])))), dict+8, int32(0))},
		{"pruned", patch(bin, dict+20, int64(0))},
		{"prunes more", patch(bin, dict+20, int64(1)<<60)},
		{"flag", patch(bin, matrix-1, byte(7))},
		{"rows", patch(bin, matrix, int64(1)<<61)},
		{"fewer rows", patch(bin, matrix, int64(3))},
		{"columns", patch(bin, matrix+8, int64(5))},
		{"NaN", patch(bin, matrix+16+4*17, float32(math.NaN()))},
		{"infinite", patch(bin, matrix+16, float32(math.Inf(-1)))},
		{"bytes behind it", append(bytes.Clone(bin), "more"...)},
		{"trailer", append(append(bytes.Clone(bin), `{"labels":["a"]}`+"\x10\x00\x00\x00"...), "winnow1\n"...)},
	}
	var got strings.Builder
	for _, c := range cases {
		_, err := read(c.data)
		e, ok := fault.As(err)
		if !ok {
			t.Errorf("%s: %v is no fault", c.name, err)
			continue
		}
		got.WriteString(c.name + ":\n  " + strings.ReplaceAll(e.Explain(), "\n", "\n  ") + "\n")
	}
	for _, path := range []string{filepath.Join("testdata", "none.bin"), "testdata"} {
		_, err := fasttext.Load(path)
		if e, ok := fault.As(err); ok {
			got.WriteString(e.Explain() + "\n")
		}
	}
	path := filepath.Join("testdata", "refused.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if diff := cmp.Diff(string(want), got.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got; run with -update)\n%s", err, diff)
	}
}

// TestBounded reads headers that promise far more than the file has: no memory is taken for that.
func TestBounded(t *testing.T) {
	bin := goldenFile(t, "softmax.bin")
	const dict = 8 + 56
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, data := range [][]byte{
		patch(patch(bin, dict, int32(math.MaxInt32)), dict+4, int32(math.MaxInt32-4)),
		patch(bin, dict+20, int64(1)<<40),
		patch(bin, len(bin)-4*6*4-16, int64(1)<<30),
	} {
		if _, err := read(data); err == nil {
			t.Error("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("%d bytes were allocated for files of %d", got, len(bin))
	}
}

// FuzzRead: whatever a file holds, reading and predicting neither panic nor take memory without bound, and what is read is
// written as it was.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"softmax.bin", "hs.bin", "ova.bin", "softmax_ngrams.bin", "cutoff.ftz", "softmax.ftz"} {
		f.Add(goldenFile(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := read(data)
		if err != nil {
			return
		}
		var s fasttext.Scratch
		for _, text := range []string{"my card has not arrived", "", "überweisung zzz", "\xff </s>"} {
			m.Predict(nil, []byte(text), 2, 0, &s)
		}
		if _, err := fasttext.New(fasttext.Config{Model: m}); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := read(b.Bytes()); err != nil {
			t.Errorf("what was written can't be read: %v", err)
		}
	})
}

func TestWriteTo(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.[bf]*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		var b bytes.Buffer
		n, err := load(t, name).WriteTo(&b)
		if err != nil || n != int64(b.Len()) {
			t.Fatal(n, err)
		}
		// Pruned buckets stand in another order.
		want, got := goldenFile(t, name), b.Bytes()
		if strings.HasPrefix(name, "cutoff") {
			if len(want) != len(got) {
				t.Errorf("%s: %d bytes became %d", name, len(want), len(got))
			}
			continue
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s: writing it changed it", name)
		}
	}
}
