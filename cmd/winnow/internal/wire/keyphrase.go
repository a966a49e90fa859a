package wire

import (
	"cmp"
	"errors"
	"io/fs"
	"os"

	"github.com/winnow-stream/winnow/classify/keyphrase"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// buildKeyphrases makes what gives texts free tags.
func buildKeyphrases(k *spec.Keyphrases, cfg *pipeline.Config) error {
	if k == nil {
		return nil
	}
	exclude := k.Exclude
	if k.ExcludeFile != "" {
		more, err := exclusions(k.ExcludeFile)
		if err != nil {
			return err
		}
		exclude = append(exclude[:len(exclude):len(exclude)], more...)
	}
	f, err := keyphrase.New(keyphrase.Config{Tags: k.Max, Words: k.Words, Diversity: k.Diversity, Exclude: exclude})
	if err != nil {
		return ofKeyphrases(err)
	}
	cfg.Keyphraser, cfg.Prefix = f, cmp.Or(cfg.Prefix, k.Prefix)
	return nil
}

func exclusions(path string) ([]string, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.InputMissing, "there is no such list of words: %w", err).At(fault.Where{File: path})
	case err != nil:
		return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
	}
	defer f.Close()
	list, err := keyphrase.ReadExclusions(f)
	if e, ok := fault.As(err); ok {
		return nil, e.At(fault.Where{File: path, Line: e.Where.Line})
	}
	return list, err
}

// ofKeyphrases puts the finder's errors at their places in the spec.
func ofKeyphrases(err error) error {
	var errs []error
	for _, e := range fault.List(err) {
		path := e.Where.Path
		if path == "tags" {
			path = "max"
		}
		errs = append(errs, e.At(fault.Where{Path: "keyphrases." + path}))
	}
	return errors.Join(errs...)
}
