package encoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"github.com/winnow-stream/winnow/classify/safetensors"
)

// The files of weights.
const (
	modelFile = "model.safetensors"
	indexFile = "model.safetensors.index.json" // names the shards of a model in several files
)

// checkpoint is the tensors of a model's files.
type checkpoint struct {
	tensors map[string]safetensors.Tensor
	prefix  string // before each name: "" or "bert."
	err     error  // the first that a look-up met
}

// readCheckpoint reads the weights, from one file or from shards.
func readCheckpoint(dir string, file func(name string) ([]byte, error), hash *digest) (*checkpoint, error) {
	data, err := file(modelFile)
	if errors.Is(err, fs.ErrNotExist) {
		if index, indexErr := file(indexFile); indexErr == nil {
			return readShards(dir, index, file, hash)
		}
	}
	if err != nil {
		return nil, err
	}
	hash.add(data)
	tensors, err := safetensors.Parse(data)
	if err != nil {
		return nil, invalid(filepath.Join(dir, modelFile), err)
	}
	return newCheckpoint(tensors), nil
}

// maxShards bounds the files of one model.
const maxShards = 64

func readShards(dir string, index []byte, file func(name string) ([]byte, error), hash *digest) (*checkpoint, error) {
	var x struct {
		Files map[string]string `json:"weight_map"` // from tensor to file
	}
	if err := json.Unmarshal(index, &x); err != nil {
		return nil, invalid(filepath.Join(dir, indexFile), fmt.Errorf("not an index of shards: %w", err))
	}
	var names []string
	for _, name := range x.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 || len(names) > maxShards {
		return nil, invalid(filepath.Join(dir, indexFile), fmt.Errorf("it names %d files, not from 1 to %d", len(names), maxShards))
	}
	all := map[string]safetensors.Tensor{}
	for _, name := range names {
		if filepath.Base(name) != name || !filepath.IsLocal(name) {
			return nil, invalid(filepath.Join(dir, indexFile), fmt.Errorf("%q is no name of a file in the same folder", name))
		}
		data, err := file(name)
		if err != nil {
			return nil, err
		}
		hash.add(data)
		part, err := safetensors.Parse(data)
		if err != nil {
			return nil, invalid(filepath.Join(dir, name), err)
		}
		for tensor, t := range part {
			if x.Files[tensor] == name {
				all[tensor] = t
			}
		}
	}
	return newCheckpoint(all), nil
}

func newCheckpoint(tensors map[string]safetensors.Tensor) *checkpoint {
	c := &checkpoint{tensors: tensors}
	if _, ok := tensors["bert."+wordEmbeddings]; ok {
		c.prefix = "bert."
	}
	return c
}

// tensor finds a tensor by its name and checks its type and shape. The first failure is kept in c.err.
func (c *checkpoint) tensor(name string, types []string, shape ...int) (safetensors.Tensor, bool) {
	t, ok := c.tensors[c.prefix+name]
	switch {
	case c.err != nil:
		return t, false
	case !ok:
		c.err = fmt.Errorf("the tensor %q is missing", c.prefix+name)
	case !slices.Contains(types, t.DType):
		c.err = fmt.Errorf("the tensor %q holds %s, not one of %v", t.Name, t.DType, types)
	case !slices.Equal(t.Shape, shape):
		c.err = fmt.Errorf("the tensor %q is %v, config.json asks for %v", t.Name, t.Shape, shape)
	}
	return t, c.err == nil
}

// floats decodes a tensor of floating-point numbers, all of which must be finite.
func (c *checkpoint) floats(name string, shape ...int) []float32 {
	t, ok := c.tensor(name, []string{"F32", "F16", "BF16", "F64"}, shape...)
	if !ok {
		return nil
	}
	x, err := t.Floats()
	if err != nil {
		c.err = err
		return nil
	}
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			c.err = fmt.Errorf("the tensor %q holds %v at component %d: the weights are damaged", t.Name, v, i)
			return nil
		}
	}
	return x
}

// ints decodes a tensor of int32.
func (c *checkpoint) ints(name string, shape ...int) []int32 {
	t, ok := c.tensor(name, []string{"I32"}, shape...)
	if !ok {
		return nil
	}
	wide, err := t.Ints()
	if err != nil {
		c.err = err
		return nil
	}
	x := make([]int32, len(wide))
	for i, v := range wide {
		x[i] = int32(v)
	}
	return x
}

// bytes are the components of a tensor of int8, where they lie.
func (c *checkpoint) bytes(name string, shape ...int) []int8 {
	t, ok := c.tensor(name, []string{"I8"}, shape...)
	if !ok {
		return nil
	}
	return signed(t.Data)
}
