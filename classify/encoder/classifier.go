package encoder

import (
	"context"
	"math"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/prototype"
	vector "github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says what to choose from, how to answer, and by which encoder.
type Config struct {
	prototype.Config
	// Encoder makes the vectors; nil takes the model that is compiled in, on as many threads as the process may use.
	// Classifiers may share one: then they share its threads.
	Encoder *Encoder
}

// Classifier labels texts by the cosines of their vectors with those of labels. It does not change and is safe for
// concurrent use.
type Classifier struct {
	encoder *Encoder
	set     *prototype.Set
	scratch *sync.Pool // *answering
}

// New makes a classifier. Each label costs as much as two texts. The error joins a *fault.Error for everything that is
// wrong with the config.
func New(cfg Config) (*Classifier, error) {
	e := cfg.Encoder
	if e == nil {
		m, err := Embedded()
		if err != nil {
			return nil, fault.New(fault.Internal, "%w", err)
		}
		e = NewEncoder(m, 0)
	}
	set, err := prototype.New(cfg.Config, e.model.space(), embedder{e.NewEmbedder()})
	if err != nil {
		return nil, err
	}
	return newClassifier(e, set), nil
}

func newClassifier(e *Encoder, set *prototype.Set) *Classifier {
	return &Classifier{e, set, &sync.Pool{New: func() any {
		return &answering{vector: make([]int16, e.model.Dim()), answer: set.NewScratch()}
	}}}
}

// Info describes the classifier.
func (c *Classifier) Info() classify.Info {
	info := c.set.Info()
	info.Memory, info.Notes = c.encoder.model.Size(), c.encoder.model.Notices()
	return info
}

// answering is what one call of Classify needs beside the encoder's threads.
type answering struct {
	vectors Vectors // of chunk texts
	vector  []int16
	answer  *prototype.Scratch
}

// chunk is how many texts' vectors a call holds at a time: 1.5 MiB for MiniLM.
const chunk = 1024

// Classify answers each text by itself. It does not fail but by a context that ended.
func (c *Classifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	s := c.scratch.Get().(*answering)
	defer c.scratch.Put(s)
	for first := 0; first < texts.Len(); first += chunk {
		end := min(first+chunk, texts.Len())
		if err := c.encoder.encode(ctx, texts, first, end, &s.vectors); err != nil {
			return err
		}
		for i := range end - first {
			c.row(texts, first+i, i, out, s)
		}
	}
	return ctx.Err()
}

// row answers a text by the i-th vector of its chunk.
func (c *Classifier) row(texts *array.String, row, i int, out *classify.Results, s *answering) {
	if texts.IsNull(row) {
		c.set.Null(row, out)
		return
	}
	out.Tokens[row] = s.vectors.Tokens[i]
	c.set.Answer(fixed(s.vector, &s.vectors, i), row, out, s.answer)
}

// fixed writes a vector as prototypes take it; nil when nothing is known of its text.
func fixed(dst []int16, vectors *Vectors, i int) []int16 {
	if vectors.Known[i] == 0 {
		return nil
	}
	for d, x := range vectors.Row(i) {
		dst[d] = int16(math.RoundToEven(float64(x) * vector.Unit))
	}
	return dst
}

// NewRefinement starts a refinement.
func (c *Classifier) NewRefinement() classify.Refinement {
	return c.set.NewRefinement(embedder{c.encoder.NewEmbedder()})
}

// Refined returns the classifier with the prototypes of a finished refinement.
func (c *Classifier) Refined(state []byte) (classify.Classifier, error) {
	set, err := c.set.Refined(state)
	if err != nil {
		return nil, err
	}
	return newClassifier(c.encoder, set), nil
}

// embedder makes vectors text by text, for prototypes.
type embedder struct{ *Embedder }

// Embed returns the vector of one text.
func (e embedder) Embed(text []byte) ([]int16, int) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Append(string(text))
	texts := b.NewStringArray()
	defer texts.Release()
	// A context that can't end is the only thing that Embed could fail by.
	_ = e.Embedder.Embed(context.Background(), texts, 0, 1)
	return e.Vector(0)
}

var (
	_ classify.Refiner   = (*Classifier)(nil)
	_ prototype.Embedder = embedder{}
)
