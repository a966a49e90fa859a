package parquet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Source reads Parquet files. A split is a range of row groups of one file; offsets are rows of the file, from 0.
//
// Text columns come as utf8 or, where the file has a dictionary and the batch repeats its texts, as
// dictionary<int32, utf8>, whatever Layout.Schema says: consumers of utf8 columns accept both.
type Source struct {
	cfg SourceConfig
	env pipeline.Env

	files  []file
	schema *arrow.Schema

	mu      sync.Mutex
	footers []*footer // the last ones used, newest first
}

var (
	_ pipeline.Source    = (*Source)(nil)
	_ pipeline.Describer = (*Source)(nil)
)

// file is what Layout found out about one file.
type file struct {
	path        string
	fingerprint string
	parts       []part
}

// part is a range of row groups that becomes a split.
type part struct {
	start, end int64 // rows
	size       int64 // bytes
}

// NewSource returns a source. It touches nothing before Layout.
func NewSource(cfg SourceConfig, env pipeline.Env) *Source {
	return &Source{cfg: cfg, env: env}
}

// Describe implements pipeline.Describer.
func (s *Source) Describe() string { return "Parquet " + s.cfg.Path }

// Layout implements pipeline.Source. It reads every file's footer.
func (s *Source) Layout(ctx context.Context) (*pipeline.Layout, error) {
	paths, err := listFiles(s.env.FS, s.cfg.Path)
	if err != nil {
		return nil, err
	}
	s.files = s.files[:0]
	var first *footer
	var fields []arrow.Field
	var rows int64
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := s.footer(path)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = f
			fields = f.tree.Schema(nil).Fields()
		} else if fields, err = merge(fields, first.path, f); err != nil {
			return nil, err
		}
		rows += f.rows()
		s.files = append(s.files, file{path: path, fingerprint: f.fingerprint, parts: parts(f)})
	}
	if rows == 0 {
		return nil, fault.New(fault.InputEmpty, "it has no rows").At(fault.Where{File: s.cfg.Path})
	}
	keys, values := first.keyValues()
	metadata := arrow.NewMetadata(keys, values)
	s.schema = arrow.NewSchema(fields, &metadata)
	return &pipeline.Layout{Format: "parquet", Schema: s.schema, Replayable: true, Notes: s.notes(first)}, nil
}

func (s *Source) notes(first *footer) []string {
	var notes []string
	if len(s.files) > 1 {
		notes = append(notes, fmt.Sprintf("%d files with the same columns", len(s.files)))
	}
	if sums, err := hasChecksums(s.env.FS, first); err == nil && !sums {
		notes = append(notes, "no page checksums: damage inside of "+first.path+" can't be told from data")
	}
	return notes
}

// merge compares a further file's columns with those so far. A field that may be null in one may be null in all.
func merge(fields []arrow.Field, path string, f *footer) ([]arrow.Field, error) {
	mismatch := func(format string, args ...any) error {
		return fault.New(fault.InputSchema, "its columns differ from those of %s: %s", path, fmt.Sprintf(format, args...)).
			At(fault.Where{File: f.path})
	}
	if len(f.tree.Fields) != len(fields) {
		return nil, mismatch("it has %d columns, and the other %d", len(f.tree.Fields), len(fields))
	}
	out := slices.Clone(fields)
	for i := range out {
		n := find(f.tree.Fields, out[i].Name)
		if n == nil {
			return nil, mismatch("it has no column %q", out[i].Name)
		}
		if !arrow.TypeEqual(out[i].Type, n.Field.Type) {
			return nil, mismatch("%q is %s, and %s in the other", n.Field.Name, n.Field.Type, out[i].Type)
		}
		out[i].Nullable = out[i].Nullable || n.Field.Nullable
	}
	return out, nil
}

func find(nodes []*schema.Node, name string) *schema.Node {
	for _, n := range nodes {
		if n.Field.Name == name {
			return n
		}
	}
	return nil
}

// parts cuts a file into ranges of whole row groups.
func parts(f *footer) []part {
	var out []part
	p := part{}
	for i := range f.meta.RowGroups {
		p.end = f.first[i+1]
		p.size += groupSize(f, i)
		if p.end-p.start >= splitRows || p.end == f.rows() && p.end > p.start {
			out = append(out, p)
			p = part{start: p.end}
		}
	}
	return out
}

func groupSize(f *footer, i int) int64 {
	var n int64
	for j := range f.meta.RowGroups[i].Columns {
		n += f.meta.RowGroups[i].Columns[j].MetaData.TotalCompressedSize
	}
	return n
}

// Splits implements pipeline.Source.
func (s *Source) Splits(context.Context) ([]*pipeline.Split, error) {
	var out []*pipeline.Split
	for _, f := range s.files {
		for _, p := range f.parts {
			out = append(out, &pipeline.Split{
				ID: fmt.Sprintf("%s[%d:%d]", f.path, p.start, p.end), File: f.path,
				Start: p.start, End: p.end, Size: p.size, Fingerprint: f.fingerprint,
			})
		}
	}
	return out, nil
}

// Open implements pipeline.Source.
func (s *Source) Open(_ context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (_ pipeline.Reader, err error) {
	defer guard(split.File, &err)
	f, err := s.footer(split.File)
	if err != nil {
		return nil, err
	}
	if split.Fingerprint != "" && split.Fingerprint != f.fingerprint {
		return nil, changed(split.File)
	}
	if split.Start < 0 || split.End > f.rows() || from.Offset < split.Start || from.Offset > split.End {
		return nil, fault.New(fault.StateForeign, "row %d is not in rows %d to %d of a file of %d", from.Offset, split.Start, split.End, f.rows()).
			At(fault.Where{File: split.File})
	}
	r := &Reader{split: split, footer: f, fs: s.env.FS, want: want, row: from.Offset}
	for _, field := range want.Columns {
		node, err := resolve(f.tree, field.Name)
		if err != nil {
			return nil, err.At(fault.Where{File: split.File, Field: field.Name})
		}
		r.plan = append(r.plan, &plan{node: node, name: field.Name})
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

func changed(path string) error {
	return fault.New(fault.InputChanged, "the file is not the one that the run began with").At(fault.Where{File: path})
}

// resolve finds a column by name, or by a dotted path through structs.
func resolve(t *schema.Tree, name string) (*schema.Node, *fault.Error) {
	if n := find(t.Fields, name); n != nil {
		return n, nil
	}
	nodes, rest := t.Fields, name
	for {
		head, tail, dotted := strings.Cut(rest, ".")
		n := find(nodes, head)
		switch {
		case n == nil:
			return nil, fault.New(fault.ColumnsUnknown, "there is no column %q; there are %s", name, list(t.Fields))
		case !dotted:
			return n, nil
		case n.Kind != schema.Struct:
			return nil, fault.New(fault.ColumnsType, "%q is %s, and only fields of structs have a path", head, n.Field.Type)
		}
		nodes, rest = n.Children, tail
	}
}

func list(nodes []*schema.Node) string {
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = n.Field.Name
	}
	return strings.Join(names, ", ")
}

// footer returns a file's footer, decoded now or lately.
func (s *Source) footer(path string) (*footer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.footers {
		if f.path != path {
			continue
		}
		info, err := s.env.FS.Stat(path)
		if err != nil {
			return nil, readError(path, err)
		}
		s.footers = slices.Delete(s.footers, i, i+1)
		if info.Size() == f.size && info.ModTime().UnixNano() == f.modified {
			s.footers = slices.Insert(s.footers, 0, f)
			return f, nil
		}
		break
	}
	f, err := readFooter(s.env.FS, path)
	if err != nil {
		return nil, err
	}
	s.footers = slices.Insert(s.footers, 0, f)
	if len(s.footers) > openFooters {
		s.footers = s.footers[:openFooters]
	}
	return f, nil
}

// newReader makes the reader of one leaf.
func (r *Reader) newReader(c *schema.Column, flat bool) *column.Reader {
	return column.NewReader(r.file, c, r.footer.chunks(c, r.group, r.groups), column.Options{
		Alloc: r.want.Alloc, MaxValue: r.maxValue(), Dictionary: flat && c.MaxRep == 0, Levels: !flat,
	})
}
