package static

import (
	"context"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/prototype"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Classifier labels texts by static embeddings. It does not change and is safe for concurrent use.
type Classifier struct {
	table   *Table
	set     *prototype.Set
	scratch *sync.Pool // *scratch
}

// New makes a classifier. It takes about 5 ms with the embedded table, most of it for the vocabulary, once a process.
// The error joins a *fault.Error for everything that is wrong with the config.
func New(cfg Config) (*Classifier, error) {
	t := cfg.Table
	if t == nil {
		var err error
		if t, err = Embedded(); err != nil {
			return nil, fault.New(fault.Internal, "%w", err)
		}
	}
	set, err := prototype.New(cfg.prototype(), t.space(), t.Embedder())
	if err != nil {
		return nil, err
	}
	return newClassifier(t, set), nil
}

func newClassifier(t *Table, set *prototype.Set) *Classifier {
	return &Classifier{t, set, &sync.Pool{New: func() any {
		return &answering{scratch: newScratch(t.rows.Dim()), answer: set.NewScratch()}
	}}}
}

// answering is what one goroutine needs to answer: about 120 KiB, most of it the tokenizer's cache of words.
type answering struct {
	*scratch
	answer *prototype.Scratch
}

// Info describes the classifier.
func (c *Classifier) Info() classify.Info {
	info := c.set.Info()
	info.Memory = c.table.Size()
	return info
}

// block is how many texts are tokenized before the first of them is summed up, so that their rows are on their way from
// memory meanwhile; blockTokens ends a block of long texts early.
const (
	block       = 16
	blockTokens = 1 << 14
)

// Classify answers each text by itself. It does not fail but by a context that ended.
func (c *Classifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	s := c.scratch.Get().(*answering)
	defer c.scratch.Put(s)
	for row := 0; row < texts.Len(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		row = c.block(texts, row, out, s)
	}
	return nil
}

// block answers some texts from row on and returns the row behind them.
func (c *Classifier) block(texts *array.String, row int, out *classify.Results, s *answering) int {
	if cap(s.ids) > keepIDs {
		s.ids = nil
	}
	s.ids, s.ends = s.ids[:0], s.ends[:0]
	for i := row; i < texts.Len() && len(s.ends) < block && len(s.ids) < blockTokens; i++ {
		if texts.IsNull(i) {
			s.ends = append(s.ends, -1)
			continue
		}
		start := len(s.ids)
		s.ids = c.table.tokens.Tokenize(s.ids, bytesOf(texts.Value(i)), &s.words)
		c.table.rows.Prefetch(s.ids[start:])
		s.ends = append(s.ends, len(s.ids))
	}
	start := 0
	for _, end := range s.ends {
		if end < 0 {
			c.set.Null(row, out)
		} else {
			c.text(s.ids[start:end], row, out, s)
			start = end
		}
		row++
	}
	return row
}

// text answers one row by its tokens.
func (c *Classifier) text(ids []uint32, row int, out *classify.Results, s *answering) {
	out.Tokens[row] = int32(len(ids))
	var vector []int16
	if c.table.vector(ids, s.scratch) {
		vector = s.vector
	}
	c.set.Answer(vector, row, out, s.answer)
}

// NewRefinement starts a refinement.
func (c *Classifier) NewRefinement() classify.Refinement {
	return c.set.NewRefinement(c.table.Embedder())
}

// Refined returns the classifier with the prototypes of a finished refinement.
func (c *Classifier) Refined(state []byte) (classify.Classifier, error) {
	set, err := c.set.Refined(state)
	if err != nil {
		return nil, err
	}
	return newClassifier(c.table, set), nil
}

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

var _ classify.Refiner = (*Classifier)(nil)
