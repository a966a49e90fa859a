package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// dataFile describes a file that a classifier was made of.
func dataFile(path string) (catalog.DataFile, error) {
	d := catalog.DataFile{Path: path}
	f, err := os.Open(path)
	if err != nil {
		return d, fault.New(fault.InputMissing, "%w", err).At(fault.Where{File: path})
	}
	defer f.Close()
	h := sha256.New()
	if d.Size, err = io.Copy(h, f); err != nil {
		return d, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d, nil
}

// dataHash is what an evaluation says it was made on (catalog.Metrics): the hash of the file, or of the hashes of the
// files in their order, each a line of hexadecimal digits. Without a file it is empty.
func dataHash(files []string) (string, error) {
	all := sha256.New()
	for _, path := range files {
		f, err := dataFile(path)
		if err != nil {
			return "", err
		}
		if len(files) == 1 {
			return dataPrefix + f.SHA256, nil
		}
		_, _ = io.WriteString(all, f.SHA256+"\n")
	}
	if len(files) == 0 {
		return "", nil
	}
	return dataPrefix + hex.EncodeToString(all.Sum(nil)), nil
}

// dataPrefix says how data is hashed.
const dataPrefix = "sha256:"
