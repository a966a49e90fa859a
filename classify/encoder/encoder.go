package encoder

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Encoder runs a model. It is safe for concurrent use: all its calls together compute on a bounded number of threads,
// each of which has buffers of about 4 MiB (for MiniLM) once it was needed.
type Encoder struct {
	model *Model
	free  chan *scratch // one for each thread that is idle; nil until it is needed
}

// NewEncoder makes an encoder of up to threads threads; 0 takes as many as the process may use.
func NewEncoder(m *Model, threads int) *Encoder {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	e := &Encoder{model: m, free: make(chan *scratch, threads)}
	for range threads {
		e.free <- nil
	}
	return e
}

// Model is what the encoder runs.
func (e *Encoder) Model() *Model { return e.model }

// Vectors are what Encode makes of texts, reused from call to call. The caller owns them.
type Vectors struct {
	Dim    int
	Data   []float32 // texts × Dim, row-major
	Tokens []int32   // of each text, without [CLS], [SEP] and the prefix
	Known  []int32   // those of them that are not [UNK]
}

// Row is the vector of a text.
func (v *Vectors) Row(i int) []float32 { return v.Data[i*v.Dim:][:v.Dim] }

func (v *Vectors) reset(n, dim int) {
	v.Dim = dim
	v.Data = slices.Grow(v.Data[:0], n*dim)[:n*dim]
	v.Tokens, v.Known = slices.Grow(v.Tokens[:0], n)[:n], slices.Grow(v.Known[:0], n)[:n]
}

// Encode fills out with the vectors of texts. A null text has the zero vector.
//
// A vector has length 1. That of a text of several windows is the mean of theirs, weighted by their tokens, and shorter:
// its dot products are the means of theirs. There is no limit to a text: its time grows with its tokens, as that of so many
// short texts, its memory by 4 bytes a token. Encode fails only with a context that ended, which it looks at between batches
// of a few hundred tokens.
func (e *Encoder) Encode(ctx context.Context, texts *array.String, out *Vectors) error {
	return e.encode(ctx, texts, 0, texts.Len(), out)
}

// encode is Encode for the texts from first to before end.
func (e *Encoder) encode(ctx context.Context, texts *array.String, first, end int, out *Vectors) error {
	out.reset(end-first, e.model.Dim())
	s, err := e.take(ctx)
	if err != nil {
		return err
	}
	j := &job{model: e.model, texts: texts, first: first, out: out}
	var helpers sync.WaitGroup
	for range (end - first - 1) / claim {
		h, ok := e.idle()
		if !ok {
			break
		}
		helpers.Go(func() {
			defer e.give(h)
			j.work(ctx, h)
		})
	}
	j.work(ctx, s)
	e.give(s)
	helpers.Wait()
	return ctx.Err()
}

// take waits for a thread.
func (e *Encoder) take(ctx context.Context) (*scratch, error) {
	select {
	case s := <-e.free:
		return e.made(s), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// idle takes a thread if there is one that no call has.
func (e *Encoder) idle() (*scratch, bool) {
	select {
	case s := <-e.free:
		return e.made(s), true
	default:
		return nil, false
	}
}

func (e *Encoder) made(s *scratch) *scratch {
	if s == nil {
		return newScratch(e.model)
	}
	return s
}

func (e *Encoder) give(s *scratch) { e.free <- s }

// job is one call of Encode, which several threads work on. Rows are counted in out.
type job struct {
	model *Model
	texts *array.String
	first int // the text of row 0
	out   *Vectors
	next  atomic.Int64 // the first row that nobody has claimed
}

// claim is how many texts a thread takes at a time: short ones fill a batch.
const claim = 16

// work encodes texts until none is left or the context ends.
func (j *job) work(ctx context.Context, s *scratch) {
	for ctx.Err() == nil {
		row := int(j.next.Add(claim)) - claim
		if row >= len(j.out.Tokens) {
			return
		}
		j.rows(ctx, row, min(row+claim, len(j.out.Tokens)), s)
	}
}

// rows encodes the texts of rows from row to before end.
func (j *job) rows(ctx context.Context, row, end int, s *scratch) {
	s.batch, s.lengths, s.owners = s.batch[:0], s.lengths[:0], s.owners[:0]
	clear(j.out.Data[row*j.out.Dim : end*j.out.Dim])
	for ; row < end; row++ {
		j.out.Tokens[row], j.out.Known[row] = 0, 0
		if j.texts.IsNull(j.first + row) {
			continue
		}
		if cap(s.text) > keepIDs {
			s.text = nil
		}
		s.text = j.model.tokens.Tokenize(s.text[:0], bytesOf(j.texts.Value(j.first+row)), s.words)
		j.out.Tokens[row], j.out.Known[row] = int32(len(s.text)), j.model.known(s.text)
		if err := j.text(ctx, row, s); err != nil {
			return
		}
	}
	j.flush(s)
}

// known counts the tokens that are not [UNK].
func (m *Model) known(ids []uint32) (n int32) {
	for _, id := range ids {
		if id != m.tokens.Unknown() {
			n++
		}
	}
	return n
}

// text puts the windows of the text at hand into batches.
func (j *job) text(ctx context.Context, row int, s *scratch) error {
	m := j.model
	return m.windows(s.text, func(ids []uint32, share float32) error {
		length := len(ids) + len(m.prefix) + 2
		if len(s.batch)+length > batchTokens {
			j.flush(s)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		s.batch = append(s.batch, m.begin)
		s.batch = append(append(s.batch, m.prefix...), ids...)
		s.batch = append(s.batch, m.end)
		s.lengths, s.owners = append(s.lengths, length), append(s.owners, owner{row, share})
		return nil
	})
}

// flush runs the model over the batch and adds each sequence's vector to that of its text.
func (j *job) flush(s *scratch) {
	if len(s.batch) == 0 {
		return
	}
	j.model.forward(s.batch, s.lengths, s)
	width, first := j.model.Dim(), 0
	for i, n := range s.lengths {
		rows := n
		if j.model.pooling == CLS {
			rows = 1
		}
		sum(s.pooled, s.hidden[first*width:][:rows*width])
		addUnit(j.out.Row(s.owners[i].row), s.pooled, s.owners[i].share)
		first += n
	}
	s.batch, s.lengths, s.owners = s.batch[:0], s.lengths[:0], s.owners[:0]
}

// sum adds up rows.
func sum(total []float64, rows []float32) {
	clear(total)
	for len(rows) > 0 {
		for d := range total {
			total[d] += float64(rows[d])
		}
		rows = rows[len(total):]
	}
}

// addUnit adds x, scaled to the length of share, to v; nothing where x has no direction. Products are rounded by
// themselves, so that no machine fuses them.
func addUnit(v []float32, x []float64, share float32) {
	var squares float64
	for _, c := range x {
		squares += float64(c * c)
	}
	if !(squares > 0 && squares <= math.MaxFloat64) {
		return
	}
	factor := 1 / math.Sqrt(squares)
	for d, c := range x {
		v[d] += float32(float32(c*factor) * share)
	}
}

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
