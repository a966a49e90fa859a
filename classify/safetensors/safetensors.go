// Package safetensors reads the safetensors format: a length (u64, little endian), a JSON header that names tensors with
// their type, shape and place, and the bytes. It copies nothing; a Tensor points into the file's bytes.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// maxHeader is the header's largest size in the reference implementation.
const maxHeader = 100_000_000

// Tensor is one array of the file, row-major. Data belongs to the file.
type Tensor struct {
	Name  string
	DType string // F64, F32, F16, BF16, I64, I32, I8, …
	Shape []int
	Data  []byte
}

// sizes are the bytes of one element of each type that a Tensor may have.
var sizes = map[string]int{
	"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
	"I8": 1, "U8": 1, "BOOL": 1,
}

// Parse reads the header and checks that every tensor lies inside of the file and has as many bytes as its shape needs.
func Parse(data []byte) (map[string]Tensor, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader {
		return nil, errors.New("the file does not begin with the length of a header: not a safetensors file")
	}
	if n > uint64(len(data)-8) {
		return nil, fmt.Errorf("the header should be %d bytes long, but %d follow: cut short, or not a safetensors file", n, len(data)-8)
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &header); err != nil {
		return nil, fmt.Errorf("the header is not JSON: %w", err)
	}
	body := data[8+n:]
	tensors := make(map[string]Tensor, len(header))
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		t, err := tensor(name, raw, body)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors[name] = t
	}
	return tensors, nil
}

func tensor(name string, raw json.RawMessage, body []byte) (Tensor, error) {
	var h struct {
		DType   string    `json:"dtype"`
		Shape   []int64   `json:"shape"`
		Offsets [2]uint64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(raw, &h); err != nil {
		return Tensor{}, err
	}
	size, ok := sizes[h.DType]
	if !ok {
		return Tensor{}, fmt.Errorf("unknown type %q", h.DType)
	}
	start, end := h.Offsets[0], h.Offsets[1]
	if start > end || end > uint64(len(body)) {
		return Tensor{}, fmt.Errorf("bytes %d to %d lie outside of the file's %d: cut short", start, end, len(body))
	}
	want := int64(size)
	t := Tensor{Name: name, DType: h.DType, Data: body[start:end:end]}
	for _, d := range h.Shape {
		if d < 0 || d > 0 && want > math.MaxInt64/d {
			return Tensor{}, fmt.Errorf("impossible shape %v", h.Shape)
		}
		want *= d
		t.Shape = append(t.Shape, int(d))
	}
	if want != int64(end-start) {
		return Tensor{}, fmt.Errorf("shape %v of %s needs %d bytes, the file has %d", h.Shape, h.DType, want, end-start)
	}
	return t, nil
}

// Floats decodes a tensor of floating-point or small integer numbers into float32.
func (t Tensor) Floats() ([]float32, error) {
	size := sizes[t.DType]
	out := make([]float32, len(t.Data)/max(size, 1))
	le := binary.LittleEndian
	for i := range out {
		b := t.Data[i*size:]
		switch t.DType {
		case "F64":
			out[i] = float32(math.Float64frombits(le.Uint64(b)))
		case "F32":
			out[i] = math.Float32frombits(le.Uint32(b))
		case "F16":
			out[i] = half(le.Uint16(b))
		case "BF16":
			out[i] = math.Float32frombits(uint32(le.Uint16(b)) << 16)
		case "I8":
			out[i] = float32(int8(b[0]))
		default:
			return nil, fmt.Errorf("tensor %q holds %s, not floating-point numbers", t.Name, t.DType)
		}
	}
	return out, nil
}

// Ints decodes a tensor of integers.
func (t Tensor) Ints() ([]int64, error) {
	size := sizes[t.DType]
	out := make([]int64, len(t.Data)/max(size, 1))
	le := binary.LittleEndian
	for i := range out {
		b := t.Data[i*size:]
		switch t.DType {
		case "I64":
			out[i] = int64(le.Uint64(b))
		case "I32":
			out[i] = int64(int32(le.Uint32(b)))
		case "I16":
			out[i] = int64(int16(le.Uint16(b)))
		case "U16":
			out[i] = int64(le.Uint16(b))
		default:
			return nil, fmt.Errorf("tensor %q holds %s, not integers", t.Name, t.DType)
		}
	}
	return out, nil
}

// half widens an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0: // zero or subnormal: frac × 2⁻²⁴, exact in float32
		f := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
