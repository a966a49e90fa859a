package wire

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/entity"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// leastConfidence is what an entity needs where nothing else is said.
const leastConfidence = 0.5

// newExtractor makes what finds the entities that a spec asks for.
func newExtractor(x *spec.Extract) (classify.Extractor, error) {
	cfg := entity.Config{Types: x.Types, MinConfidence: leastConfidence}
	if x.MinConfidence != nil {
		cfg.MinConfidence = *x.MinConfidence
	}
	cfg.Finders = append(cfg.Finders, entity.NewPatterns(x.Types...))
	made, err := entity.New(cfg)
	if err != nil {
		return nil, placed(err, "extract.types")
	}
	return made, nil
}

// placed gives an error without a place one of the spec.
func placed(err error, path string) error {
	if e, ok := fault.As(err); ok && e.Where == (fault.Where{}) {
		return e.At(fault.Where{Path: path})
	}
	return err
}
