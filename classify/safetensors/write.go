package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Write writes tensors in the given order. The header is padded with spaces, so that the first begins at a multiple of 8
// bytes.
func Write(w io.Writer, tensors []Tensor) error {
	header, offset := []byte{'{'}, 0
	for i, t := range tensors {
		if i > 0 {
			header = append(header, ',')
		}
		name, err := json.Marshal(t.Name)
		if err != nil {
			return err
		}
		shape, err := json.Marshal(t.Shape)
		if err != nil {
			return err
		}
		header = fmt.Appendf(header, `%s:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, t.DType, shape, offset, offset+len(t.Data))
		offset += len(t.Data)
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// Int8s is a tensor over bytes of two's complement, which it keeps.
func Int8s(name string, data []byte, shape ...int) Tensor { return Tensor{name, "I8", shape, data} }

// Int32s encodes a tensor of int32.
func Int32s(name string, x []int32, shape ...int) Tensor {
	data := make([]byte, 0, 4*len(x))
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return Tensor{name, "I32", shape, data}
}

// Float32s encodes a tensor of float32.
func Float32s(name string, x []float32, shape ...int) Tensor {
	data := make([]byte, 0, 4*len(x))
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Tensor{name, "F32", shape, data}
}
