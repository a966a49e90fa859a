package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// manyConfig is several inputs that are read as one, in their order: what a command line can name and a spec can't.
type manyConfig struct {
	Inputs []pipeline.SourceConfig
}

var _ pipeline.SourceConfig = (*manyConfig)(nil)

// Check checks every input.
func (c *manyConfig) Check() error {
	errs := make([]error, len(c.Inputs))
	for i, in := range c.Inputs {
		errs[i] = in.Check()
	}
	return errors.Join(errs...)
}

// Paths are those of every input.
func (c *manyConfig) Paths() []string {
	var all []string
	for _, in := range c.Inputs {
		all = append(all, paths(in)...)
	}
	return all
}

// NewSource makes a source of all the inputs.
func (c *manyConfig) NewSource(env pipeline.Env) (pipeline.Source, error) {
	m := &many{owner: make(map[string]pipeline.Source)}
	for _, in := range c.Inputs {
		s, err := in.NewSource(env)
		if err != nil {
			return nil, err
		}
		m.sources = append(m.sources, s)
	}
	if _, ok := m.sources[0].(pipeline.Decoder); ok {
		return &manyDecoder{m}, nil
	}
	return m, nil
}

// many reads several sources of one kind, one after the other. After Splits it does not change.
type many struct {
	sources []pipeline.Source
	owner   map[string]pipeline.Source // by split ID
}

var (
	_ pipeline.Source    = (*many)(nil)
	_ pipeline.Describer = (*many)(nil)
	_ pipeline.Decoder   = (*manyDecoder)(nil)
)

// Describe names the first input and how many follow.
func (m *many) Describe() string {
	d, ok := m.sources[0].(pipeline.Describer)
	if !ok {
		return fmt.Sprintf("%d inputs", len(m.sources))
	}
	return fmt.Sprintf("%s and %d more", d.Describe(), len(m.sources)-1)
}

// Layout is what the inputs have in common. All of them have to agree; inputs of JSON may have different fields.
func (m *many) Layout(ctx context.Context) (*pipeline.Layout, error) {
	var all *pipeline.Layout
	for _, s := range m.sources {
		l, err := s.Layout(ctx)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = l
			continue
		}
		if all, err = agree(all, l, s); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func agree(a, b *pipeline.Layout, s pipeline.Source) (*pipeline.Layout, error) {
	where := fault.Where{}
	if d, ok := s.(pipeline.Describer); ok {
		where.File = d.Describe()
	}
	switch {
	case a.Format != b.Format || a.Raw != b.Raw:
		return nil, fault.New(fault.InputSchema, "it is %s, and the inputs before it are %s", b.Format, a.Format).At(where)
	case !a.Open && !sameColumns(a.Schema, b.Schema):
		return nil, fault.New(fault.InputSchema, "its columns are not those of the inputs before it: %v, and %v", b.Names(), a.Names()).At(where)
	case a.CSV != nil && b.CSV != nil && (a.CSV.Delimiter != b.CSV.Delimiter || a.CSV.LineEnd != b.CSV.LineEnd):
		return nil, fault.New(fault.InputSchema, "its delimiter or line end is not that of the inputs before it").At(where)
	}
	both := *a
	both.Replayable = a.Replayable && b.Replayable
	for _, n := range b.Notes {
		if !slices.Contains(both.Notes, n) {
			both.Notes = append(slices.Clip(both.Notes), n)
		}
	}
	if a.Open {
		both.Schema = unite(a.Schema, b.Schema)
	}
	return &both, nil
}

func sameColumns(a, b *arrow.Schema) bool {
	return slices.EqualFunc(a.Fields(), b.Fields(), func(x, y arrow.Field) bool {
		return x.Name == y.Name && arrow.TypeEqual(x.Type, y.Type)
	})
}

// unite adds the fields that only b has. A field of two types is read as its JSON text.
func unite(a, b *arrow.Schema) *arrow.Schema {
	fields := slices.Clone(a.Fields())
	for _, f := range b.Fields() {
		i := slices.IndexFunc(fields, func(o arrow.Field) bool { return o.Name == f.Name })
		switch {
		case i < 0:
			f.Nullable = true
			fields = append(fields, f)
		case !arrow.TypeEqual(fields[i].Type, f.Type):
			fields[i] = arrow.Field{Name: f.Name, Type: arrow.BinaryTypes.String, Nullable: true, Metadata: pipeline.JSONText}
		}
	}
	meta := a.Metadata()
	return arrow.NewSchema(fields, &meta)
}

// Splits lists the inputs' splits one input after the other. A file that is named twice is read once.
func (m *many) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	var all []*pipeline.Split
	for _, s := range m.sources {
		splits, err := s.Splits(ctx)
		if err != nil {
			return nil, err
		}
		for _, sp := range splits {
			if m.owner[sp.ID] == nil {
				m.owner[sp.ID] = s
				all = append(all, sp)
			}
		}
	}
	return all, nil
}

// Open reads a split of the input that it belongs to.
func (m *many) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	return m.owner[split.ID].Open(ctx, split, from, want)
}

// manyDecoder is many over sources that decode on the engine's workers.
type manyDecoder struct{ *many }

// Decode lets the input that the batch came from decode it.
func (m *manyDecoder) Decode(ctx context.Context, b *pipeline.Batch, want pipeline.Projection) error {
	return m.owner[b.Split.ID].(pipeline.Decoder).Decode(ctx, b, want)
}
