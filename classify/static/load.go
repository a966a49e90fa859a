package static

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/wordpiece"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxModel bounds a model file: 200,000 tokens of 1,024 float32 components are 800 MiB.
const maxModel = 2 << 30 // bytes

const modelFile = "model.safetensors"

// Load reads a folder as Model2Vec and distill/ write it: model.safetensors (embeddings as float32, float16 or int8,
// with scales, weights and mapping where there are any) and tokenizer.json, or vocab.txt in its place. Embeddings that
// are not int8 already are rounded to int8 with a scale a token, which moves cosines by less than 0.01.
//
// Damaged and foreign folders give a *fault.Error that names the file.
func Load(dir string) (*Table, error) {
	return Read(dir, func(name string) ([]byte, error) { return readModel(filepath.Join(dir, name)) })
}

// Read makes a table of the files that Load finds in a folder, wherever they come from: file returns one by its name,
// or an error that is fs.ErrNotExist. dir is for errors alone.
func Read(dir string, file func(name string) ([]byte, error)) (*Table, error) {
	model, err := file(modelFile)
	if err != nil {
		return nil, err
	}
	tokens, name, tokensData, err := wordpiece.Read(file)
	if err != nil {
		return nil, invalid(filepath.Join(dir, name), err)
	}
	t, err := newTable(tokens, model)
	if err != nil {
		return nil, invalid(filepath.Join(dir, modelFile), err)
	}
	t.hash = hashOf(model, tokensData)
	return t, nil
}

func readModel(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, invalid(path, err)
	case !info.Mode().IsRegular():
		return nil, invalid(path, errors.New("not a file"))
	case info.Size() > maxModel:
		return nil, fault.New(fault.ModelInvalid, "the file has %d bytes, more than %d", info.Size(), int64(maxModel)).At(fault.Where{File: path})
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, invalid(path, err)
	}
	return data, nil
}

// invalid puts an error into its place, unless it has one.
func invalid(path string, err error) error {
	var coded *fault.Error
	if errors.As(err, &coded) {
		if coded.Where != (fault.Where{}) {
			return err
		}
		return coded.At(fault.Where{File: path})
	}
	return fault.New(fault.ModelInvalid, "%w", err).At(fault.Where{File: path})
}
