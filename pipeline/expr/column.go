package expr

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/expr-lang/expr/types"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// column is what a reference means: a column of the input or, in routes, a part of the result.
type column struct {
	name   string // in programs: c0, c1, …
	index  int
	field  arrow.Field // as it is asked for in the projection
	result result      // not resNone: a part of the result instead
}

// result is a part of the classification that routes can name.
type result uint8

const (
	resNone result = iota
	resLabel
	resConfidence
	resLabels
	resClassifier
	resEntities
	resKeyphrases
)

var resultNames = map[string]result{
	pipeline.ResLabel:      resLabel,
	pipeline.ResConfidence: resConfidence,
	pipeline.ResLabels:     resLabels,
	pipeline.ResClassifier: resClassifier,
	pipeline.ResEntities:   resEntities,
	pipeline.ResKeyphrases: resKeyphrases,
}

// labelled reports whether a part comes with labels.
func (r result) labelled() bool { return r != resEntities && r != resKeyphrases }

// Found says what is found in texts, beside labels, that rules can name.
type Found struct{ Entities, Keyphrases bool }

// has reports whether there is a part, as far as that does not depend on labels.
func (f Found) has(part result) bool {
	switch part {
	case resEntities:
		return f.Entities
	case resKeyphrases:
		return f.Keyphrases
	default:
		return true
	}
}

// scope says what names mean.
type scope struct {
	in      *pipeline.Layout // nil: fields are not known yet, and each name may be one
	route   bool             // label, confidence, labels and classifier are the result
	results bool             // there is a result
	found   Found            // else these names are fields of the input
	labels  []string         // of the classifier; nil where they aren't known
}

// bind resolves the references of a tree. The columns are those of the tree, without doubles.
func (s *scope) bind(t *tree) ([]*column, error) {
	var columns []*column
	for _, r := range t.order {
		c, rest, err := s.resolve(t.code, r)
		if err != nil {
			return nil, err
		}
		r.rest = rest
		for _, known := range columns {
			if known.result == c.result && known.field.Name == c.field.Name {
				r.column = known
			}
		}
		if r.column == nil {
			c.index = len(columns)
			c.name = "c" + strconv.Itoa(c.index)
			r.column = c
			columns = append(columns, c)
		}
	}
	return columns, nil
}

func (s *scope) resolve(code Code, r *ref) (*column, []string, error) {
	if part, ok := resultNames[r.path[0]]; ok && s.route && !r.record && s.found.has(part) {
		if !s.results && part.labelled() {
			return nil, nil, code.at(r.at, "nothing is classified, so that there is no %s", r.path[0]).
				WithFix("add classify:, or write record.%s for the input's own field", r.path[0])
		}
		return &column{result: part}, r.path[1:], nil
	}
	full := strings.Join(r.path, ".")
	if s.in == nil {
		return &column{field: unknownField(full)}, nil, nil
	}
	for k := len(r.path); k > 0; k-- {
		name := strings.Join(r.path[:k], ".")
		f, ok := s.lookup(name)
		if !ok {
			continue
		}
		if k < len(r.path) && s.in.Open && pipeline.IsJSONText(f) {
			break // the reader finds nested fields by their path
		}
		return &column{field: f}, r.path[k:], nil
	}
	if s.in.Open {
		return &column{field: unknownField(full)}, nil, nil
	}
	return nil, nil, s.unknown(code, r, full)
}

// lookup finds a column that the schema knows.
func (s *scope) lookup(name string) (arrow.Field, bool) {
	if s.in.Open && !s.in.Knows(name) {
		return arrow.Field{}, false
	}
	f, err := s.in.Field(name)
	return f, err == nil
}

// known reports whether the schema knows a field.
func (s *scope) known(name string) bool {
	_, ok := s.lookup(name)
	return ok
}

func (s *scope) unknown(code Code, r *ref, name string) error {
	err := UnknownColumn(s.in, name)
	if code.At.Line == 0 {
		return err.At(code.At)
	}
	return err.At(code.at(r.at, "").Where)
}

// UnknownColumn is the error for a column that the input does not have: it lists those that it has and says which one
// was most likely meant.
func UnknownColumn(in *pipeline.Layout, name string) *fault.Error {
	names := in.Names()
	guess := ""
	if near := fault.Nearest(name, names); near != "" {
		guess = "; did you mean \"" + near + "\"?"
	}
	return fault.New(fault.ColumnsUnknown, "there is no column %q%s", name, guess).
		WithFix("the columns are %s", strings.Join(names, ", "))
}

func unknownField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true, Metadata: pipeline.JSONText}
}

// fields are the columns that are asked for of the input.
func fields(columns []*column) []arrow.Field {
	var out []arrow.Field
	for _, c := range columns {
		if c.result == resNone {
			out = append(out, c.field)
		}
	}
	return out
}

// isBool reports whether the column holds true and false.
func (c *column) isBool() bool {
	return c.result == resNone && c.field.Type.ID() == arrow.BOOL
}

// nature is the column's type in expressions.
func (c *column) nature() types.Type {
	switch c.result {
	case resLabel, resClassifier:
		return types.String
	case resConfidence:
		return types.Float64
	case resLabels:
		return types.Array(types.Map{pipeline.ResLabel: types.String, pipeline.ResConfidence: types.Float64})
	case resEntities:
		return types.Array(types.Map{
			"type": types.String, "text": types.String, "start": types.Int, "end": types.Int, pipeline.ResConfidence: types.Float64, "id": types.String,
		})
	case resKeyphrases:
		return types.Array(types.Map{"text": types.String, "score": types.Float64})
	default:
		return natureOf(c.field)
	}
}
