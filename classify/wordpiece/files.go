package wordpiece

import (
	"errors"
	"io/fs"
)

// The files that hold a tokenizer.
const (
	jsonFile  = "tokenizer.json"
	vocabFile = "vocab.txt"
)

// Read makes a tokenizer of a model's files: of tokenizer.json, or of vocab.txt where there is no such file. file returns
// one by its name, or an error that is fs.ErrNotExist. Read also returns which file it was, whatever the error, and its
// content.
func Read(file func(name string) ([]byte, error)) (t *Tokenizer, name string, data []byte, err error) {
	name = jsonFile
	data, err = file(name)
	if errors.Is(err, fs.ErrNotExist) {
		if vocab, vocabErr := file(vocabFile); vocabErr == nil {
			name, data = vocabFile, vocab
			t, err = FromVocab(string(data))
			return t, name, data, err
		}
	}
	if err == nil {
		t, err = FromJSON(data)
	}
	return t, name, data, err
}
