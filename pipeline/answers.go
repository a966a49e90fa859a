package pipeline

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

// Answers answers the texts in a batch's column _text as a pipeline's own classifier or extractor does, and makes its Result
// of that, under the columns' own names. It is for stages that ask more than once for a batch; what is transient is tried
// again with the whole stage. It is safe for concurrent use.
type Answers struct {
	labeller *labeller // nil: there is a finder
	finder   *finder
	proto    *tallyProto
	schema   *arrow.Schema
}

// NewAnswers makes one of a classifier, or else of an extractor.
func NewAnswers(c classify.Classifier, x classify.Extractor) *Answers {
	once := func(_ context.Context, _ string, f func() error) error { return f() }
	if c == nil {
		f := newFinder(x, ResEntities, memory.NewGoAllocator(), once)
		return &Answers{finder: f, proto: newTallyProto(nil, "", x), schema: arrow.NewSchema([]arrow.Field{f.columns.field(f.name)}, nil)}
	}
	names := make(map[string]string)
	for _, name := range []string{ResLabel, ResConfidence, ResLabels, ResTokens, ResClassifier} {
		names[name] = name
	}
	columns := newResultColumns(c.Info(), givesLists(c), names)
	return &Answers{labeller: newLabeller(c, columns, memory.NewGoAllocator(), once), proto: newTallyProto(c.Info().Labels, "", nil), schema: columns.schema}
}

// Schema is that of the results.
func (a *Answers) Schema() *arrow.Schema { return a.schema }

// Process sets Result and Tokens, and kills rows that can't be answered.
func (a *Answers) Process(ctx context.Context, b *Batch) error {
	t := batchTally{proto: a.proto}
	if a.labeller != nil {
		err := a.labeller.process(ctx, b, &t)
		b.Tokens = t.tally.Tokens
		return err
	}
	return a.finder.process(ctx, b, &t)
}
