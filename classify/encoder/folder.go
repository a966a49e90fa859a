package encoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/classify/wordpiece"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Precision is how weights are kept and multiplied.
type Precision string

const (
	// Int8 rounds weights and activations to 8 bits: a quarter of the memory, two to four times the speed.
	Int8 Precision = "int8"
	// Float32 computes as the model was trained.
	Float32 Precision = "float32"
)

// Options say how a model is used; what is left out is taken from its files.
type Options struct {
	// Precision is Int8 by default. A model that is stored in int8 has no other.
	Precision Precision
	// Pooling makes one vector of those of the tokens.
	Pooling Pooling
	// Prefix is put before each text, such as E5's "query: ". It ends with a space or a punctuation mark. A pointer to
	// "" takes none.
	Prefix *string
}

// Limits of a model's files.
const (
	maxModel = 4 << 30  // bytes; BERT's largest form is 1.3 GB
	maxSmall = 64 << 20 // bytes of a file that is no weights
)

// ConfigFile is the file that every model has: its architecture.
const ConfigFile = "config.json"

// Load reads a folder: config.json, model.safetensors (or shards with their index) in float32, float16, bfloat16 or as
// Pack wrote it, tokenizer.json or vocab.txt, and those of sentence-transformers where they are there (modules.json and
// what it names, config_sentence_transformers.json, sentence_bert_config.json).
//
// Damaged and foreign folders give a *fault.Error that names the file.
func Load(dir string, o Options) (*Model, error) {
	return Read(dir, func(name string) ([]byte, error) { return readFile(filepath.Join(dir, filepath.FromSlash(name))) }, o)
}

// Read makes a model of the files that Load finds in a folder, wherever they come from: file returns one by its name,
// with slashes, or an error that is fs.ErrNotExist. The model may keep what it returns. dir is for errors alone.
func Read(dir string, file func(name string) ([]byte, error), o Options) (*Model, error) {
	return read(dir, file, o, newDigest())
}

// read is Read; a nil hash leaves the model without one.
func read(dir string, file func(name string) ([]byte, error), o Options, hash *digest) (*Model, error) {
	if o.Precision == "" {
		o.Precision = Int8
	}
	if o.Precision != Int8 && o.Precision != Float32 {
		return nil, fault.New(fault.ConfigField, "precision %q is neither int8 nor float32", string(o.Precision))
	}
	m := new(Model)
	if err := m.readConfig(dir, file, hash); err != nil {
		return nil, err
	}
	if err := m.readTokenizer(dir, file, hash); err != nil {
		return nil, err
	}
	if err := m.readPooling(dir, file, o); err != nil {
		return nil, err
	}
	c, err := readCheckpoint(dir, file, hash)
	if err != nil {
		return nil, err
	}
	if c.packed() {
		err = m.unpack(c, o)
	} else {
		err = m.fill(c, o.Precision)
	}
	if err != nil {
		return nil, invalid(filepath.Join(dir, modelFile), err)
	}
	options, _ := json.Marshal([]any{m.pooling, m.prefix, m.window, o.Precision})
	hash.add(options)
	m.hash = hash.String()
	return m, nil
}

func (m *Model) readConfig(dir string, file func(string) ([]byte, error), hash *digest) error {
	data, err := file(ConfigFile)
	if err != nil {
		return err
	}
	hash.add(data)
	if m.architecture, err = parseArchitecture(data); err != nil {
		return invalid(filepath.Join(dir, ConfigFile), err)
	}
	return nil
}

func (m *Model) readTokenizer(dir string, file func(string) ([]byte, error), hash *digest) error {
	tokens, name, data, err := wordpiece.Read(file)
	if err != nil {
		return invalid(filepath.Join(dir, name), err)
	}
	hash.add(data)
	if tokens.Size() > m.architecture.Vocabulary {
		err := fmt.Errorf("the vocabulary has %d tokens, config.json has room for %d", tokens.Size(), m.architecture.Vocabulary)
		return invalid(filepath.Join(dir, name), err)
	}
	m.tokens = tokens
	found := 0
	for _, s := range tokens.Specials() {
		switch s.Text {
		case "[CLS]":
			m.begin, found = s.ID, found|1
		case "[SEP]":
			m.end, found = s.ID, found|2
		}
	}
	if found != 3 {
		return invalid(filepath.Join(dir, name), errors.New("the special tokens [CLS] and [SEP] are missing"))
	}
	return nil
}

// readFile reads a file of bounded size.
func readFile(path string) ([]byte, error) {
	limit := int64(maxSmall)
	if filepath.Ext(path) == filepath.Ext(modelFile) {
		limit = maxModel
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, invalid(path, err)
	case !info.Mode().IsRegular():
		return nil, invalid(path, errors.New("not a file"))
	case info.Size() > limit:
		return nil, invalid(path, fmt.Errorf("the file has %d bytes, more than %d", info.Size(), limit))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, invalid(path, err)
	}
	return data, nil
}

// optional reads a file that need not be there, as JSON into v; false when there is none.
func optional(dir string, file func(string) ([]byte, error), name string, v any) (bool, error) {
	data, err := file(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, invalid(filepath.Join(dir, filepath.FromSlash(name)), fmt.Errorf("not the JSON of this file: %w", err))
	}
	return true, nil
}

// invalid puts an error into its place. One that has a code keeps it.
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
