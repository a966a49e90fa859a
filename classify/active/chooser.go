package active

import (
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says how to choose. The zero Config works.
type Config struct {
	// Count is how many texts are chosen, up to MaxCount; 0 is 50.
	Count int
	// Seed decides which texts are looked at where there are more than Rows.
	Seed uint64
	// Rows is how many texts are chosen from, at most; 0 is 16,384. Of more, a sample is kept in which unsure ones are
	// likelier. They take about 700 bytes each beside their texts.
	Rows int
	// Bytes is how much of their texts is kept; 0 is 64 MiB.
	Bytes int
	// Table is the embeddings; nil takes those that are compiled into the binary.
	Table *static.Table
	// Workers is how many goroutines choose; 0 is one for each core.
	Workers int
}

func (c *Config) setDefaults() error {
	if c.Count == 0 {
		c.Count = 50
	}
	if c.Rows == 0 {
		c.Rows = 16 << 10
	}
	if c.Bytes == 0 {
		c.Bytes = 64 << 20
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Table == nil {
		t, err := static.Embedded()
		if err != nil {
			return fault.New(fault.Internal, "%w", err)
		}
		c.Table = t
	}
	return nil
}

// MaxCount is how many texts can be chosen at once: more than that is a day's work to label.
const MaxCount = 10_000

// Bounds of what is looked at.
const (
	leastReferences = 1024 // texts that a choice is measured by, and
	eachReferences  = 4    // for each that is chosen, so that there is something to gain to the end
	maxLabelled     = 8192 // labelled texts that make what is like them less wanted; of more, a sample
)

// leastWeight keeps texts in the choice that the classifier is sure of: it may be wrong.
const leastWeight = 0.02

// Chooser chooses texts. It is not safe for concurrent use.
type Chooser struct {
	cfg      Config
	pool     *pool
	labelled *pool
}

// New makes a chooser.
func New(cfg Config) (*Chooser, error) {
	if cfg.Count < 0 || cfg.Count > MaxCount || cfg.Rows < 0 || cfg.Bytes < 0 {
		return nil, fault.New(fault.ConfigField, "a choice of %d out of %d texts in %d bytes; the first is at most %d", cfg.Count, cfg.Rows, cfg.Bytes, MaxCount)
	}
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	cfg.Rows = max(cfg.Rows, 2*cfg.Count)
	return &Chooser{cfg: cfg, pool: newPool(cfg.Seed, cfg.Rows, cfg.Bytes), labelled: newPool(cfg.Seed, maxLabelled, cfg.Bytes)}, nil
}

// Labelled leaves a text out that has its label already, and makes what is like it less wanted. It comes before Add.
func (c *Chooser) Labelled(text string) {
	c.pool.take(text)
	c.labelled.add(&Candidate{Text: text}, 1)
}

// Add considers a candidate, of which it keeps copies; false when its text is labelled already.
func (c *Chooser) Add(k *Candidate) bool {
	return c.pool.add(k, max(1-k.Margin, leastWeight))
}

// Pick is a text that was chosen.
type Pick struct {
	Candidate
	// Like is about how many of the texts that were given are like this one, and not more like another that was chosen.
	Like int64
}

// Choose returns the texts to label, those that teach most first: Config.Count of them, or fewer where there are not as
// many that differ. Texts of which no word is known are not chosen. The error is the context's.
func (c *Chooser) Choose(ctx context.Context) ([]Pick, error) {
	c.pool.settle()
	c.labelled.settle()
	e := c.cfg.Table.Embedder()
	vectors, rows := embed(e, c.pool.rows)
	if len(rows) == 0 {
		return nil, ctx.Err()
	}
	space := c.cover(c.cfg.Table.Dim(), vectors, rows)
	room := space.room()
	labelled, known := embed(e, c.labelled.rows)
	for i := range known {
		space.choose(labelled[i*c.cfg.Table.Dim():(i+1)*c.cfg.Table.Dim()], room)
	}
	chosen, err := space.greedy(ctx, c.cfg.Count, c.cfg.Workers)
	if err != nil {
		return nil, err
	}
	like := space.like(chosen)
	picks := make([]Pick, len(chosen))
	for i, at := range chosen {
		picks[i] = Pick{Candidate: rows[at].Candidate, Like: int64(math.Round(like[i]))}
	}
	return picks, nil
}

// embed returns the vectors of rows, and those rows that have one.
func embed(e *static.Embedder, rows []row) ([]int16, []row) {
	var vectors []int16
	var known []row
	for _, r := range rows {
		if v, _ := e.Embed([]byte(r.Text)); v != nil {
			vectors, known = append(vectors, v...), append(known, r)
		}
	}
	return vectors, known
}

// cover takes the first rows for references: by their keys, they are a weighted sample of all texts. A reference stands for
// 1/p of them, p being how likely it was to be among the first (Horvitz and Thompson, 1952).
func (c *Chooser) cover(dim int, vectors []int16, rows []row) *cover {
	n := min(max(leastReferences, eachReferences*c.cfg.Count), len(rows))
	next := c.pool.last
	if n < len(rows) {
		next = rows[n].key
	}
	s := &cover{dim: dim, rows: vectors, unsure: make([]float64, len(rows)), references: slices.Clone(vectors[:n*dim]), nearest: make([]float32, n)}
	for i := range rows {
		s.unsure[i] = rows[i].weight
	}
	for len(s.references)/dim%kernel.Block != 0 {
		s.references = append(s.references, make([]int16, dim)...)
	}
	for _, r := range rows[:n] {
		among := -math.Expm1(-r.weight * next)
		s.counts = append(s.counts, 1/among)
		s.weights = append(s.weights, float32(r.weight/among))
	}
	return s
}
