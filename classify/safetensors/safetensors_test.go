package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/winnow-stream/winnow/classify/safetensors"
)

// file is a safetensors file of a header and a body.
func file(header string, body []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), body...)
}

func one(dtype, shape string, bytes int) string {
	return fmt.Sprintf(`{"t":{"dtype":%q,"shape":%s,"data_offsets":[0,%d]}}`, dtype, shape, bytes)
}

func TestNumbers(t *testing.T) {
	cases := []struct {
		dtype string
		body  []byte
		want  []float32
	}{
		{"F64", binary.LittleEndian.AppendUint64(nil, math.Float64bits(-1.5)), []float32{-1.5}},
		{"F32", binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.1)), []float32{0.1}},
		{"BF16", []byte{0xc0, 0x3f}, []float32{1.5}},
		{"F16", []byte{0x00, 0x3e, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x80, 0x00, 0x7c, 0xff, 0x7b}, []float32{1.5, -2, 1.0 / (1 << 24), 0, float32(math.Inf(1)), 65504}},
		{"I8", []byte{0x80, 0x7f}, []float32{-128, 127}},
	}
	for _, c := range cases {
		tensors, err := safetensors.Parse(file(one(c.dtype, fmt.Sprintf("[%d]", len(c.want)), len(c.body)), c.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := tensors["t"].Floats()
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", c.dtype, err, diff)
		}
	}
	for dtype, body := range map[string][]byte{
		"I64": {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "I32": {0xff, 0xff, 0xff, 0xff}, "I16": {0xff, 0xff},
	} {
		tensors, err := safetensors.Parse(file(one(dtype, "[1]", len(body)), body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := tensors["t"].Ints()
		if diff := cmp.Diff([]int64{-1}, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", dtype, err, diff)
		}
		if _, err := tensors["t"].Floats(); err == nil {
			t.Errorf("%s as floats: no error", dtype)
		}
	}
	tensors, _ := safetensors.Parse(file(one("U16", "[1]", 2), []byte{1, 1}))
	if got, err := tensors["t"].Ints(); err != nil || got[0] != 257 {
		t.Errorf("U16: %v, %v", got, err)
	}
	tensors, _ = safetensors.Parse(file(one("F32", "[1]", 4), make([]byte, 4)))
	if _, err := tensors["t"].Ints(); err == nil {
		t.Error("F32 as integers: no error")
	}
}

func TestRefuses(t *testing.T) {
	cases := map[string]struct {
		data []byte
		want string
	}{
		"short":    {[]byte("1234567"), "7 bytes are too few"},
		"length":   {binary.LittleEndian.AppendUint64(nil, 1), "the header should be 1 bytes long"},
		"JSON":     {file("{", nil), "the header is not JSON"},
		"tensor":   {file(`{"t":[]}`, nil), "json: cannot unmarshal"},
		"type":     {file(one("F8", "[1]", 1), make([]byte, 1)), `unknown type "F8"`},
		"outside":  {file(one("F32", "[1]", 4), make([]byte, 3)), "lie outside of the file's 3: cut short"},
		"shape":    {file(one("F32", "[2]", 4), make([]byte, 4)), "shape [2] of F32 needs 8 bytes, the file has 4"},
		"negative": {file(one("F32", "[-1]", 4), make([]byte, 4)), "impossible shape [-1]"},
		"overflow": {file(one("F32", "[4611686018427387904, 4]", 0), nil), "impossible shape"},
		"backward": {file(`{"t":{"dtype":"I8","shape":[0],"data_offsets":[2,1]}}`, make([]byte, 4)), "lie outside"},
	}
	for name, c := range cases {
		if _, err := safetensors.Parse(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(one("F32", "[2,1]", 8), make([]byte, 8)))
	f.Add(file(`{"__metadata__":{},"a":{"dtype":"I8","shape":[],"data_offsets":[0,1]}}`, make([]byte, 1)))
	f.Fuzz(func(_ *testing.T, data []byte) {
		tensors, err := safetensors.Parse(data)
		if err != nil {
			return
		}
		for _, t := range tensors {
			_, _ = t.Floats()
			_, _ = t.Ints()
		}
	})
}

func ExampleParse() {
	data := file(`{"embeddings":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}`, []byte{1, 2, 3, 4})
	tensors, err := safetensors.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	values, err := tensors["embeddings"].Floats()
	fmt.Println(tensors["embeddings"].Shape, values, err)
	// Output: [2 2] [1 2 3 4] <nil>
}

func TestWrite(t *testing.T) {
	want := []safetensors.Tensor{
		safetensors.Int8s("bytes", []byte{0x80, 0, 0x7f}, 3),
		safetensors.Float32s(`a "name"`, []float32{1.5, -2}, 2, 1),
		safetensors.Int32s("ints", []int32{math.MinInt32, 7}, 1, 2),
		safetensors.Float32s("nothing", nil, 0),
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := safetensors.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d tensors came back of %d", len(got), len(want))
	}
	for _, tensor := range want {
		if diff := cmp.Diff(tensor, got[tensor.Name], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tensor.Name, diff)
		}
	}
}
