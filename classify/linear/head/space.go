package head

import (
	"context"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Space is where the vectors come from that a head learns from beside n-grams. It does not change.
type Space struct {
	// Backend is how a model's Info and version are called.
	Backend string
	// Hash is over everything that decides a vector. A model is loaded with the space that it was trained in.
	Hash string
	// Dim is the number of components, a multiple of kernel.Lanes.
	Dim int
	// Memory is how many bytes what makes the vectors takes.
	Memory int64
	// Required says what gives way where there are more than 96 Ki rows: rows, of which every second, fourth, … is taken. Else
	// it is the vectors, and all rows are learnt from by their n-grams alone.
	Required bool
	// NewEmbedder makes vectors of texts for one goroutine.
	NewEmbedder func() Embedder
}

// Embedder turns batches of texts into vectors. It belongs to one goroutine.
type Embedder interface {
	// Embed makes the vectors of the texts from first to before end, of at most blockTexts. It fails with the context alone.
	Embed(ctx context.Context, texts *array.String, first, end int) error
	// Vector returns the i-th of them, of length kernel.Unit or shorter, and the number of the text's tokens. The vector is
	// nil when nothing is known of the text. It is valid until the next call, and the texts must be there still.
	Vector(i int) (vector []int16, tokens int)
}

// blockTexts is how many texts are embedded at a time: work for several threads of an encoder.
const blockTexts = 256

// Static is the space of a table.
func Static(t *static.Table) *Space {
	return &Space{
		Backend: "linear", Hash: t.Hash(), Dim: t.Dim(), Memory: t.Size(),
		NewEmbedder: func() Embedder { return &staticEmbedder{embed: t.Embedder()} },
	}
}

// embedded is the space of the table that is compiled into the binary.
func embedded() (*Space, error) {
	t, err := static.Embedded()
	if err != nil {
		return nil, fault.New(fault.Internal, "%w", err)
	}
	return Static(t), nil
}

// staticEmbedder makes each vector when it is asked for: nothing is gained by making many together.
type staticEmbedder struct {
	embed *static.Embedder
	texts *array.String
	first int
}

func (e *staticEmbedder) Embed(_ context.Context, texts *array.String, first, _ int) error {
	e.texts, e.first = texts, first
	return nil
}

func (e *staticEmbedder) Vector(i int) (vector []int16, tokens int) {
	return e.embed.Embed(bytesOf(e.texts.Value(e.first + i)))
}

// column is some texts as a column.
func column(texts []string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(texts, nil)
	return b.NewStringArray()
}

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
