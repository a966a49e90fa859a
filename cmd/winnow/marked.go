package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/file/inflate"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/fileset"
)

// marked are texts with marked entities: JSON lines or columns, compressed or not.
type marked struct {
	fields tagger.Fields
	stdin  io.Reader
	files  []string // that were read, without standard input
	hash   hash.Hash
}

func newMarked(stdin io.Reader, text, marks string) *marked {
	return &marked{fields: tagger.Fields{Text: text, Marks: marks}, stdin: stdin, hash: sha256.New()}
}

// data is the hash over texts and entities that were read.
func (r *marked) data() string { return "sha256:" + hex.EncodeToString(r.hash.Sum(nil)) }

// read yields the examples of files, folders and patterns, at most limit where that is above 0.
func (r *marked) read(inputs []string, limit int64) iter.Seq2[tagger.Example, error] {
	return func(yield func(tagger.Example, error) bool) {
		n := int64(0)
		for _, in := range inputs {
			paths := []string{in}
			if in != "-" {
				var err error
				if paths, err = fileset.Expand(disk.OS{}, in); err != nil {
					yield(tagger.Example{}, err)
					return
				}
			}
			for _, path := range paths {
				for e, err := range r.file(path) {
					if n++; limit > 0 && n > limit || !yield(e, err) {
						return
					}
					fmt.Fprintf(r.hash, "%q %v\n", e.Text, e.Entities)
				}
			}
		}
	}
}

// file yields the examples of one file.
func (r *marked) file(path string) iter.Seq2[tagger.Example, error] {
	return func(yield func(tagger.Example, error) bool) {
		at := fault.Where{File: path}
		in, name := r.stdin, file.StdinName
		if path != "-" {
			f, err := os.Open(path)
			if err != nil {
				code := fault.InputRead
				if errors.Is(err, fs.ErrNotExist) {
					code = fault.InputMissing
				}
				yield(tagger.Example{}, fault.New(code, "%w", err).At(at))
				return
			}
			defer f.Close()
			in, name = f, path
			r.files = append(r.files, path)
		}
		text, err := inflated(in)
		if err != nil {
			yield(tagger.Example{}, fault.New(fault.InputRead, "%w", err).At(at))
			return
		}
		defer text.Close()
		lines := bufio.NewReader(text)
		head, err := lines.Peek(sniffed)
		if err != nil && err != io.EOF {
			yield(tagger.Example{}, fault.New(fault.InputRead, "%w", err).At(at))
			return
		}
		read := r.fields.ReadColumns
		if tagger.LooksLikeJSON(head) {
			read = r.fields.Read
		}
		read(name, lines)(yield)
	}
}

// sniffed is how much of a file says what it is, in bytes.
const sniffed = 512

// inflated is a file without its compression, which its first bytes tell.
func inflated(r io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReader(r)
	head, err := buffered.Peek(inflate.HeadSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return inflate.NewReader(inflate.Detect(head), buffered)
}
