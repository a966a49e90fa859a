package main

import (
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// specArgs name a spec on the command line.
type specArgs struct {
	Spec string   `arg:"" help:"The pipeline's YAML file; - for standard input."`
	Set  []string `sep:"none" placeholder:"PATH=VALUE" help:"Replace a value of the spec, such as source.file.path=other.csv; may be repeated."`

	AllowUnpinned bool `help:"Let the spec name a plugin by its folder, without an installed copy that can't change."`
}

// load reads the spec and tells its warnings.
func (a *specArgs) load(m *Main) (*spec.Spec, error) {
	s, err := wire.Load(a.Spec, m.Stdin, a.Set)
	if err != nil {
		return nil, err
	}
	if !m.quiet {
		for _, w := range s.Warnings {
			term.WriteWarning(m.Stderr, w, m.errStyle())
		}
	}
	return s, nil
}
