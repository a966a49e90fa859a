package train

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Train makes a model of examples. It ends with the context's error when that ends first; errors about parameters and
// examples are *fault.Error.
func Train(ctx context.Context, cfg Config, examples Examples) (*fasttext.Model, error) {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	v, err := count(ctx, examples)
	if err != nil {
		return nil, err
	}
	words, labels := v.words.sorted(cfg.MinCount), v.labels.sorted(cfg.MinCountLabel)
	if len(labels) == 0 {
		return nil, fault.New(fault.TrainExamples, "no example has a label that is seen often enough")
	}
	if words, err = addVectorWords(ctx, &cfg, words); err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, fault.New(fault.TrainExamples, "no word is seen %d times", cfg.MinCount).WithFix("lower min_count")
	}
	args := cfg.args()
	dict, err := dictionary.New(dictionary.Options{WordNgrams: args.WordNgrams, MinN: args.MinN, MaxN: args.MaxN, Bucket: args.Bucket}, words, labels, nil)
	if err != nil {
		return nil, fault.New(fault.ConfigField, "%w", err)
	}
	input := fasttext.NewMatrix(dict.Rows(), cfg.Dim)
	if float64(v.tokens)*float64(cfg.WordNgrams+4*cfg.MaxN) > float64(len(input.Data))/pageNumbers {
		input.UseLargePages() // else most of the matrix is never written
	}
	s, err := newShared(&cfg, input, labels)
	if err != nil {
		return nil, err
	}
	first := newInitial(input, cfg.Seed)
	if err := fillVectors(ctx, &cfg, dict, first); err != nil {
		return nil, err
	}
	for row := range words {
		first.met(int32(row))
	}
	translate := newTranslator(dict, v.known)
	c, err := translateAll(ctx, examples, translate, cfg.Memory, first.met)
	if err != nil {
		return nil, err
	}
	if c.whole && len(c.slabs) == 0 {
		return nil, errVanished
	}
	t := &trainer{shared: s, total: float64(v.tokens) * float64(cfg.Epoch), corpus: c, examples: examples, translate: translate}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	return fasttext.Assemble(fasttext.Parts{
		Args: args, Words: words, Labels: labels, Names: v.written(labels), Tokens: v.tokens, Input: input, Output: s.output,
	})
}

// pageNumbers is how many numbers a small page has.
const pageNumbers = 4096 / 4

// errVanished is about examples that were there once.
var errVanished = fault.New(fault.TrainExamples, "the examples were gone when they were read again").
	WithFix("give examples that can be read more than once")

// trainer runs the epochs.
type trainer struct {
	*shared
	corpus    *corpus
	examples  Examples
	translate *translator
	total     float64 // tokens of all epochs
	tokens    atomic.Int64

	mu       sync.Mutex
	reported int // hundredths that Progress was called for
	begun    time.Time
}

// run starts the threads and waits for them. Nothing but the matrices and the count of tokens is shared among them.
func (t *trainer) run(ctx context.Context) error {
	t.begun = time.Now()
	group, ctx := errgroup.WithContext(ctx)
	if !t.corpus.whole {
		return t.stream(ctx, group)
	}
	for i := range t.cfg.Threads {
		group.Go(func() error { return t.cycle(ctx, newLearner(t.shared, i), i) })
	}
	return group.Wait()
}

// rate is the learning rate for the next item; false when all epochs are over.
func (t *trainer) rate() (float32, bool) {
	progress := float64(t.tokens.Load()) / t.total
	return float32(t.cfg.LR * (1 - progress)), progress < 1
}

// tell counts an item's tokens, for all threads to see once they are a few.
func (t *trainer) tell(l *learner, it item) error {
	if l.untold += int64(it.tokens); l.untold <= int64(t.cfg.LRUpdateRate) {
		return nil
	}
	now := t.tokens.Add(l.untold)
	l.untold = 0
	if math.IsNaN(l.loss) || math.IsInf(l.loss, 0) {
		return fault.New(fault.TrainDiverged, "the loss is %v after %.0f %% of the training", l.loss, 100*min(float64(now)/t.total, 1))
	}
	if t.cfg.Progress != nil {
		t.report(float64(now)/t.total, l)
	}
	return nil
}

// report calls Progress when another hundredth is done.
func (t *trainer) report(fraction float64, l *learner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if fraction = min(fraction, 1); int(fraction*100) <= t.reported {
		return
	}
	t.reported = int(fraction * 100)
	left := time.Duration(float64(time.Since(t.begun)) * (1 - fraction) / fraction)
	t.cfg.Progress(Progress{fraction, t.cfg.LR * (1 - fraction), l.loss / float64(max(l.seen, 1)), left})
}

// cycle trains on the corpus in memory: each thread begins at its own place and goes round until all epochs are over.
func (t *trainer) cycle(ctx context.Context, l *learner, thread int) error {
	slabs := t.corpus.slabs
	order := newOrder(len(slabs), thread*len(slabs)/t.cfg.Threads)
	var starts []int
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s := slabs[order.next(t.cfg.Shuffle, l.random)]
		starts = starts[:0]
		for i := 0; i < len(s); {
			starts = append(starts, i)
			_, i = s.at(i)
		}
		if t.cfg.Shuffle {
			l.random.Shuffle(len(starts), func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
		}
		for i, at := range starts {
			lr, ok := t.rate()
			if !ok {
				return nil
			}
			if i+1 < len(starts) {
				after, _ := s.at(starts[i+1])
				kernel.Prefetch(t.input.Data, after.rows[:min(len(after.rows), maxPrefetched)], t.input.Stride)
			}
			it, _ := s.at(at)
			l.learn(it, lr)
			if err := t.tell(l, it); err != nil {
				return err
			}
		}
	}
}

// maxPrefetched bounds the rows of the next item that are asked for ahead.
const maxPrefetched = 64

// order is the order in which a thread goes through the slabs.
type order struct {
	slabs []int
	at    int
}

func newOrder(n, start int) *order {
	o := &order{slabs: make([]int, n)}
	for i := range o.slabs {
		o.slabs[i] = (start + i) % n
	}
	return o
}

func (o *order) next(shuffle bool, r *rand.Rand) int {
	if o.at == len(o.slabs) {
		o.at = 0
	}
	if o.at == 0 && shuffle {
		r.Shuffle(len(o.slabs), func(i, j int) { o.slabs[i], o.slabs[j] = o.slabs[j], o.slabs[i] })
	}
	o.at++
	return o.slabs[o.at-1]
}

// handful is how many examples are passed on to a thread at once when they don't fit into memory.
const handful = 64

// stream trains on examples that are read again in each epoch: one goroutine reads, the threads translate and learn.
func (t *trainer) stream(ctx context.Context, group *errgroup.Group) error {
	queue := make(chan []Example, 2*t.cfg.Threads)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() error {
		defer close(queue)
		for ctx.Err() == nil {
			if err := t.feed(ctx, queue); err != nil {
				return err
			}
		}
		return nil
	})
	var running atomic.Int32
	running.Store(int32(t.cfg.Threads))
	for i := range t.cfg.Threads {
		group.Go(func() error {
			err := t.consume(queue, newLearner(t.shared, i), t.translate.clone())
			if running.Add(-1) == 0 || err != nil {
				stop()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if t.tokens.Load() < int64(t.total) { // not ended by itself
		return ctx.Err()
	}
	return nil
}

// feed reads all examples once.
func (t *trainer) feed(ctx context.Context, queue chan<- []Example) error {
	var some []Example
	found := false
	send := func() bool {
		found = true
		select {
		case queue <- some:
			some = make([]Example, 0, handful)
			return true
		case <-ctx.Done():
			return false
		}
	}
	for e, err := range t.examples {
		if err != nil {
			return err
		}
		if some = append(some, e); len(some) >= handful && !send() {
			return nil
		}
	}
	if len(some) > 0 {
		send()
	}
	if !found {
		return errVanished
	}
	return nil
}

func (t *trainer) consume(queue <-chan []Example, l *learner, translate *translator) error {
	for some := range queue {
		for _, e := range some {
			lr, ok := t.rate()
			if !ok {
				return nil
			}
			it := translate.translate(e)
			l.learn(it, lr)
			if err := t.tell(l, it); err != nil {
				return err
			}
		}
	}
	return nil
}
