package wire

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify/entity"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/redact"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// entities makes what finds entities: for the results, and for the sinks that don't get to see some of them.
type entities struct {
	lists  []entity.Finder
	tagger *tagger.Model // nil: there is none
	least  *float64      // the confidence that entities need; nil: what each finder asks for
}

// newEntities reads the lists of a spec and its tagger. Terms that come twice are told in the log.
func newEntities(x *spec.Extract, log zerolog.Logger) (*entities, error) {
	e := &entities{}
	if x == nil {
		return e, nil
	}
	e.least = x.MinConfidence
	var byCase [2]*entity.List // terms of all files whose case matters alike are found in one go
	var errs []error
	for i, src := range x.Lists {
		at := 0
		if src.Case {
			at = 1
		}
		if byCase[at] == nil {
			byCase[at] = entity.NewList(src.Case)
			e.lists = append(e.lists, byCase[at])
		}
		loaded, err := byCase[at].Load(entity.Source{Path: src.Path, Type: src.Type})
		if err != nil {
			errs = append(errs, placed(err, fmt.Sprintf("extract.lists[%d]", i)))
		}
		if loaded.Duplicates > 0 {
			log.Warn().Str("list", src.Path).Int("duplicates", loaded.Duplicates).Ints64("lines", loaded.Lines).
				Msg("terms of a list come again; the first ones stand")
		}
	}
	if x.Classifier != "" {
		var err error
		if e.tagger, _, err = Tagger(x.Classifier); err != nil {
			errs = append(errs, placed(err, "extract.classifier"))
		}
	}
	return e, errors.Join(errs...)
}

// extractor finds types; none: all that there are. cover is for those that are to be hidden.
func (e *entities) extractor(types []string, cover bool) (*entity.Extractor, error) {
	finders := append(slices.Clone(e.lists), entity.NewPatterns(types...))
	if e.tagger != nil {
		finders = append(finders, e.tagger) // last: where it is as long, what was checked wins
	}
	return entity.New(entity.Config{Finders: finders, Types: types, Cover: cover, MinConfidence: e.least})
}

// buildEntities makes the extractor and the redactors of a spec.
func buildEntities(s *spec.Spec, cfg *pipeline.Config, log zerolog.Logger) error {
	found, err := newEntities(s.Extract, log)
	if err != nil {
		return err
	}
	if x := s.Extract; x != nil {
		made, err := found.extractor(x.Types, false)
		if err != nil {
			return placed(err, "extract.types")
		}
		cfg.Extractor, cfg.Prefix = made, x.Prefix
	}
	for i, sink := range s.Sinks {
		if sink.Redact == nil {
			continue
		}
		if cfg.Redactors == nil {
			cfg.Redactors = make([]pipeline.Redactor, len(s.Sinks))
		}
		at := "sinks." + sink.Name + ".redact"
		key, err := redactKey(sink.Redact)
		if err != nil {
			return placed(err, at+".key")
		}
		if cfg.Redactors[i], err = found.redactor(s, sink.Redact, key); err != nil {
			return placed(err, at)
		}
	}
	return nil
}

// redactKey reads the key of a redaction; nil where there is none.
func redactKey(r *spec.Redact) ([]byte, error) {
	if r.Key.IsZero() {
		return nil, nil
	}
	key, err := r.Key.Reveal()
	if err == nil && key == "" { // the marks would carry no hash
		err = fault.New(fault.ConfigField, "the key is empty").WithFix("write a long random text into its file")
	}
	return []byte(key), err
}

func (e *entities) redactor(s *spec.Spec, r *spec.Redact, key []byte) (pipeline.Redactor, error) {
	if k, ok := s.Source.Config.(*kafka.SourceConfig); ok && registryFormat(k.Format) {
		return nil, fault.New(fault.RedactFormat, "values in the format %s can't be redacted", k.Format).
			WithFix("read JSON, or leave redact out")
	}
	types := r.Types
	if slices.Contains(types, spec.AllTypes) {
		types = nil
	}
	x, err := e.extractor(types, true)
	if err != nil {
		return nil, err
	}
	return redact.New(redact.Config{Finder: x, Fields: r.Fields, Text: newTextStage(s).Needs, Key: key}), nil
}

func registryFormat(format string) bool {
	return format == "avro" || format == "protobuf" || format == "json_schema"
}

// placed gives errors without a place in the spec one, beside that in a file.
func placed(err error, path string) error {
	var errs []error
	for _, e := range fault.List(err) {
		where := e.Where
		where.Path = cmp.Or(where.Path, path)
		if e.Code == fault.EntitiesList || e.Code == fault.InputMissing { // the file says where
			where.Path = strings.TrimSpace(e.Where.Path)
		}
		errs = append(errs, e.At(where))
	}
	return errors.Join(errs...)
}
