package inflate_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/connectors/file/inflate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const text = "some text, again and again and again\n"

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func zstded(s string) string {
	w, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return string(w.EncodeAll([]byte(s), nil))
}

// bzipped is `printf 'hello\n' | bzip2`; there is no writer of the format in Go's library.
func bzipped() string {
	b, _ := hex.DecodeString("425a6839314159265359c1c080e2000001410000100244a00030cd00c3462997177245385090c1c080e2")
	return string(b)
}

func TestDetect(t *testing.T) {
	for content, want := range map[string]inflate.Format{
		gzipped(text): inflate.Gzip, zstded(text): inflate.Zstd, bzipped(): inflate.Bzip2, "BZhang wrote this": inflate.None, "": inflate.None,
		"\x50\x2a\x4d\x18\x00\x00\x00\x00" + zstded(text): inflate.Zstd, text: inflate.None, "\x1f": inflate.None,
	} {
		if got := inflate.Detect([]byte(content)); got != want {
			t.Errorf("%.10q is %s, want %s", content, got, want)
		}
	}
}

func inflated(content string) (string, error) {
	r, err := inflate.NewReader(inflate.Detect([]byte(content)), strings.NewReader(content))
	if err != nil {
		return "", err
	}
	got, err := io.ReadAll(r)
	if e := r.Close(); err == nil {
		err = e
	}
	return string(got), err
}

func TestReader(t *testing.T) {
	long := strings.Repeat(text, 10_000)
	for name, tt := range map[string]struct{ content, want string }{
		"plain": {text, text}, "gzip": {gzipped(long), long}, "members": {gzipped(text) + gzipped("") + gzipped(long), text + long},
		"zstd": {zstded(long), long}, "frames": {zstded(text) + zstded(long), text + long}, "bz2": {bzipped(), "hello\n"},
		"bz2 twice": {bzipped() + bzipped(), "hello\nhello\n"},
	} {
		if got, err := inflated(tt.content); err != nil || got != tt.want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestDamage cuts and flips every byte: the text never comes out whole without an error, but where a header's byte
// that carries no data was changed.
func TestDamage(t *testing.T) {
	for _, whole := range []string{gzipped(text), zstded(text), bzipped()} {
		want, err := inflated(whole)
		if err != nil {
			t.Fatal(err)
		}
		for i := 10; i < len(whole); i++ {
			if got, err := inflated(whole[:i]); err == nil {
				t.Errorf("cut at %d of %d: %q", i, len(whole), got)
			}
			flipped := []byte(whole)
			flipped[i] ^= 0x10
			if got, err := inflated(string(flipped)); err == nil && got != want {
				t.Errorf("flipped at %d of %d: %q", i, len(whole), got)
			}
		}
		if got, err := inflated(whole + "and more"); err == nil {
			t.Errorf("garbage behind: %q", got)
		}
	}
}

// FuzzReader asks that any bytes are read or refused in bounded time and memory.
func FuzzReader(f *testing.F) {
	for _, s := range []string{gzipped(text), zstded(text), bzipped(), text} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := inflate.NewReader(inflate.Detect(b), bytes.NewReader(b))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
		_ = r.Close()
	})
}

func ExampleNewReader() {
	content := gzipped("hello")
	r, err := inflate.NewReader(inflate.Detect([]byte(content)), strings.NewReader(content))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	got, _ := io.ReadAll(r)
	fmt.Println(string(got))
	// Output: hello
}
