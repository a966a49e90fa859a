package static

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// Classifier labels texts by static embeddings. It does not change and is safe for concurrent use.
type Classifier struct {
	cfg        Config
	names      []string // as Info gives them
	abstain    int32    // index of the label given instead of none, or -1
	prototypes []int16  // labels × dim, unit vectors, padded with zero rows
	decay      *decay   // of the softmax; nil where confidences are independent
	platt      platt    // of independent confidences
	version    string
	scratch    sync.Pool // *scratch
}

// New makes a classifier. It takes about 5 ms with the embedded table, most of it for the vocabulary, once a process.
// The error joins a *fault.Error for everything that is wrong with the config.
func New(cfg Config) (*Classifier, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Classifier{cfg: cfg, prototypes: make([]int16, pad(len(cfg.Labels))*cfg.Table.rows.Dim())}
	c.names, c.abstain = cfg.labels()
	c.scratch.New = func() any { return newScratch(cfg.Table.rows.Dim(), len(cfg.Labels)) }
	s := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	learners := make([]learner, len(cfg.Labels))
	var errs []error
	for i, l := range cfg.Labels {
		var err error
		if learners[i], err = cfg.Table.learn(l, s); err != nil {
			errs = append(errs, err)
			continue
		}
		v, _ := learners[i].prototype(nil)
		store(c.prototype(i), v)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if c.cfg.Temperature == 0 {
		c.cfg.Temperature = c.learned(learners, s)
	}
	c.finish()
	return c, nil
}

// finish derives what follows from prototypes and temperature.
func (c *Classifier) finish() {
	n := len(c.cfg.Labels)
	c.platt = independent(n)
	if c.cfg.Mode == classify.Single && n > 1 {
		c.decay = newDecay(c.cfg.Temperature)
	}
	c.version = "static-" + c.hash()
}

func (c *Classifier) prototype(label int) []int16 {
	dim := c.cfg.Table.rows.Dim()
	return c.prototypes[label*dim : (label+1)*dim]
}

// hash is over everything that decides an answer: 12 hexadecimal digits.
func (c *Classifier) hash() string {
	h := sha256.New()
	cfg := c.cfg
	// The prototypes stand for descriptions, examples and refinement.
	_ = json.NewEncoder(h).Encode([]any{
		"static/1", cfg.Table.hash, c.names, c.abstain, cfg.Mode, cfg.Threshold, cfg.TopK, cfg.Abstain, cfg.Temperature,
		c.platt.slope, c.platt.offset,
	})
	_ = binary.Write(h, binary.LittleEndian, c.prototypes)
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Info describes the classifier.
func (c *Classifier) Info() classify.Info {
	return classify.Info{Version: c.version, Labels: c.names, Mode: c.cfg.Mode, Backend: "static"}
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
	s := c.scratch.Get().(*scratch)
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
func (c *Classifier) block(texts *array.String, row int, out *classify.Results, s *scratch) int {
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
		s.ids = c.cfg.Table.tokens.Tokenize(s.ids, bytesOf(texts.Value(i)), &s.words)
		c.cfg.Table.rows.Prefetch(s.ids[start:])
		s.ends = append(s.ends, len(s.ids))
	}
	start := 0
	for _, end := range s.ends {
		if end < 0 {
			out.Reason[row] = classify.NullText
		} else {
			c.text(s.ids[start:end], row, out, s)
			start = end
		}
		if c.lists() {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
		row++
	}
	return row
}

// lists says whether answers come with lists of labels.
func (c *Classifier) lists() bool { return c.cfg.Mode == classify.Multi || c.cfg.TopK > 0 }

var _ classify.Classifier = (*Classifier)(nil)
