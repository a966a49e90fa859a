package modelfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/modelfile"
)

var format = modelfile.Format{Magic: "winnowXX", Version: 2, Noun: "list", MaxHeader: 64}

// sizes is the header of the files here.
type sizes struct {
	Long  int `json:"long"`
	Short int `json:"short"`
}

// file is a file of three float64 and two int16.
func file(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := format.Write(&b, sizes{3, 2}, []float64{1, -0.5, 1e300}, []int16{-1, 258})
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// sealed is data with its checksum mended.
func sealed(data []byte) []byte {
	body := data[:len(data)-8]
	return binary.LittleEndian.AppendUint64(bytes.Clone(body), xxhash.Sum64(body))
}

// read reads such a file.
func read(r io.Reader) (long []float64, short []int16, checksum uint64, err error) {
	var h sizes
	in, err := format.Open(r, &h)
	if err != nil {
		return nil, nil, 0, err
	}
	long, short = modelfile.Slice[float64](in, h.Long), modelfile.Slice[int16](in, h.Short)
	checksum, err = in.Close()
	return long, short, checksum, err
}

func TestRoundTrip(t *testing.T) {
	data := file(t)
	r := io.MultiReader(bytes.NewReader(data), strings.NewReader("more"))
	long, short, checksum, err := read(iotest.HalfReader(r))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{1, -0.5, 1e300}, long); diff != "" {
		t.Errorf("float64 (-written +read)\n%s", diff)
	}
	if diff := cmp.Diff([]int16{-1, 258}, short); diff != "" {
		t.Errorf("int16 (-written +read)\n%s", diff)
	}
	if want := binary.LittleEndian.Uint64(data[len(data)-8:]); checksum != want {
		t.Errorf("checksum %x, want the last bytes, %x", checksum, want)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "more" {
		t.Errorf("%q is left, want what follows the file", rest)
	}
}

// TestLayout holds the bytes that files consist of, which other versions of winnow read.
func TestLayout(t *testing.T) {
	want := "winnowXX" + "\x02\x00\x00\x00" + "\x14\x00\x00\x00" + `{"long":3,"short":2}` +
		"\x00\x00\x00\x00\x00\x00\xf0\x3f" + "\x00\x00\x00\x00\x00\x00\xe0\xbf" + "\x9c\x75\x00\x88\x3c\xe4\x37\x7e" + "\xff\xff\x02\x01"
	if diff := cmp.Diff(want, string(file(t)[:len(want)])); diff != "" {
		t.Errorf("bytes (-want +got)\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	data := file(t)
	version := func(v byte) []byte { return append(append(bytes.Clone(data[:8]), v, 0, 0, 0), data[12:]...) }
	for name, c := range map[string]struct {
		data []byte
		want error
		text string
	}{
		"nothing":           {nil, modelfile.ErrForeign, "it is not a list that winnow trained"},
		"foreign":           {[]byte("PK\x03\x04 something else"), modelfile.ErrForeign, "it is not a list that winnow trained"},
		"version 0":         {version(0), modelfile.ErrForeign, "it is not a list that winnow trained"},
		"newer":             {version(3), modelfile.ErrNewer, "a newer version of winnow wrote it"},
		"flipped bit":       {append(append(bytes.Clone(data[:40]), data[40]^1), data[41:]...), modelfile.ErrDamaged, "it is damaged: its checksum is wrong"},
		"huge header":       {append(bytes.Clone(data[:12]), 0xff, 0xff, 0xff, 0xff), modelfile.ErrDamaged, "it is damaged: its checksum is wrong"},
		"header of text":    {sealed(bytes.Replace(data, []byte("{"), []byte("["), 1)), modelfile.ErrDamaged, "it is damaged: its checksum is wrong: "},
		"promises of 300 G": {sealed(bytes.Replace(data, []byte(`"long":3,"short":2`), []byte(`"long":42949672900`), 1)), modelfile.ErrCut, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := read(bytes.NewReader(c.data))
			if !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), c.text) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if e := modelfile.Invalid(err); e.Fix == "" || !errors.Is(e, c.want) {
				t.Errorf("%v has no remedy", e)
			}
		})
	}
	for n := range data {
		if _, _, _, err := read(bytes.NewReader(data[:n])); !errors.Is(err, modelfile.ErrCut) && !errors.Is(err, modelfile.ErrForeign) {
			t.Errorf("the first %d of %d bytes: %v", n, len(data), err)
		}
	}
}

func TestErrorsOfReaderAndWriter(t *testing.T) {
	broken := errors.New("the disk is gone")
	data := file(t)
	for n := range data {
		if _, _, _, err := read(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v, want the reader's error", n, err)
		}
		w := &full{room: n}
		if _, err := format.Write(w, sizes{3, 2}, []float64{1, -0.5, 1e300}, []int16{-1, 258}); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: %v, want the writer's error", n, err)
		}
	}
}

// full is a writer that runs out of room.
type full struct{ room int }

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, errFull
	}
	f.room -= len(b)
	return len(b), nil
}
