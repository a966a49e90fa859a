package table

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The columns that a job adds.
const (
	ColLabel    = "label"    // the first of labels
	ColScore    = "score"    // its confidence
	ColLabels   = "labels"   // those that reach the threshold, the best first
	ColScores   = "scores"   // their confidences
	ColEntities = "entities" // instead of the four
	ColError    = "error"    // why the row has no answer
)

// Columns are the names of the columns that a job adds, in their order.
func (c *Config) Columns() []string {
	names := newAnswer(c).names()
	if !c.Separate {
		return names
	}
	var all []string
	for _, column := range c.Text {
		for _, name := range names {
			all = append(all, column+"_"+name)
		}
	}
	return all
}

func newAnswer(c *Config) answer {
	if c.Entities != nil {
		return entities{}
	}
	return newLabels(c)
}

// answer makes the columns that a job adds of those that the engine made. It is safe for concurrent use.
type answer interface {
	names() []string
	// schema is that of the columns under the names; engine is that of the engine's.
	schema(names []string, engine *arrow.Schema) *arrow.Schema
	// columns makes them. Rows with a reason have nothing else.
	columns(engine arrow.RecordBatch, reasons map[int]*fault.Error) arrow.RecordBatch
}

// labels are the columns of a job that gives labels.
type labels struct {
	least float32 // the confidence from which a label counts
	most  int     // labels of a row
}

func newLabels(c *Config) labels {
	l := labels{most: c.TopK}
	if c.Threshold != nil {
		l.least = classify.RoundConfidence(*c.Threshold)
	}
	return l
}

func (labels) names() []string { return []string{ColLabel, ColScore, ColLabels, ColScores, ColError} }

func (labels) schema(names []string, _ *arrow.Schema) *arrow.Schema {
	types := []arrow.DataType{
		arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float32, arrow.ListOf(arrow.BinaryTypes.String),
		arrow.ListOf(arrow.PrimitiveTypes.Float32), arrow.BinaryTypes.String,
	}
	return schemaOf(names, types)
}

func schemaOf(names []string, types []arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: types[i], Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// The engine's columns by their places, of which labels is there only where lists are asked for.
const (
	engineLabel = iota
	engineConfidence
	engineLabels
)

// columns picks the labels of each row that count.
func (l labels) columns(engine arrow.RecordBatch, reasons map[int]*fault.Error) arrow.RecordBatch {
	schema := l.schema(l.names(), nil)
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer build.Release()
	label, score := build.Field(0).(*array.StringBuilder), build.Field(1).(*array.Float32Builder)
	all, scores := build.Field(2).(*array.ListBuilder), build.Field(3).(*array.ListBuilder)
	names, values := all.ValueBuilder().(*array.StringBuilder), scores.ValueBuilder().(*array.Float32Builder)
	given := givenBy(engine)
	for row := range int(engine.NumRows()) {
		if appendReason(build.Field(4).(*array.StringBuilder), reasons[row]) {
			label.AppendNull()
			score.AppendNull()
			all.AppendNull()
			scores.AppendNull()
			continue
		}
		all.Append(true)
		scores.Append(true)
		from, to := given.row(row)
		n := 0
		for i := from; i < to && n < l.most && given.confidences.Value(i) >= l.least; i++ {
			name := given.name(i)
			if n == 0 {
				label.Append(name)
				score.Append(given.confidences.Value(i))
			}
			names.Append(name)
			values.Append(given.confidences.Value(i))
			n++
		}
		if n == 0 {
			label.AppendNull()
			score.AppendNull()
		}
	}
	return build.NewRecordBatch()
}

// appendReason appends why a row has no answer, and tells whether there is a reason.
func appendReason(to *array.StringBuilder, reason *fault.Error) bool {
	if reason == nil {
		to.AppendNull()
		return false
	}
	to.Append(reason.Code.ID + ": " + reason.What)
	return true
}

// given are the labels that a classifier gave the rows of a batch: lists of them, or one each.
type given struct {
	lists       *array.List // nil: one each
	index       *array.Dictionary
	confidences *array.Float32
}

func givenBy(engine arrow.RecordBatch) given {
	g := given{index: engine.Column(engineLabel).(*array.Dictionary), confidences: engine.Column(engineConfidence).(*array.Float32)}
	if lists, ok := engine.Column(engineLabels).(*array.List); ok {
		scores := lists.ListValues().(*array.Struct)
		g = given{lists, scores.Field(engineLabel).(*array.Dictionary), scores.Field(engineConfidence).(*array.Float32)}
	}
	return g
}

// row is where a row's labels begin, and where they have ended.
func (g *given) row(row int) (from, to int) {
	switch {
	case g.lists != nil && g.lists.IsNull(row), g.lists == nil && g.index.IsNull(row):
		return 0, 0
	case g.lists != nil:
		start, end := g.lists.ValueOffsets(row)
		return int(start), int(end)
	default:
		return row, row + 1
	}
}

func (g *given) name(i int) string {
	return g.index.Dictionary().(*array.String).Value(g.index.GetValueIndex(i))
}

// entities are the columns of a job that finds entities.
type entities struct{}

func (entities) names() []string { return []string{ColEntities, ColError} }

func (entities) schema(names []string, engine *arrow.Schema) *arrow.Schema {
	found := engine.Field(engine.NumFields() - 1)
	return schemaOf(names, []arrow.DataType{found.Type, arrow.BinaryTypes.String})
}

// columns puts the reasons beside what was found.
func (e entities) columns(engine arrow.RecordBatch, reasons map[int]*fault.Error) arrow.RecordBatch {
	build := array.NewStringBuilder(memory.DefaultAllocator)
	defer build.Release()
	for row := range int(engine.NumRows()) {
		appendReason(build, reasons[row])
	}
	why := build.NewArray()
	found := engine.Column(int(engine.NumCols()) - 1)
	return array.NewRecordBatch(e.schema(e.names(), engine.Schema()), []arrow.Array{found, why}, engine.NumRows())
}
