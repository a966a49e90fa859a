package fasttext

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
)

// Classifier answers by a model. It does not change and is safe for concurrent use.
type Classifier struct {
	cfg     Config
	names   []string // as Info gives them
	index   []int32  // model's label → names; -1: not asked for; nil: all, in the model's order
	abstain int32    // index of the label given instead of none, or -1
	version string
	scratch sync.Pool // *batch
}

// batch is the working memory of a call.
type batch struct {
	Scratch
	lines [together]dictionary.Line
}

// together is how many texts are read before the first is summed up, so that their rows are on their way from memory.
const together = 16

// keepRows is the largest line whose memory is kept for the next text.
const keepRows = 1 << 16

// New makes a classifier. It goes over the whole model once for what makes it fast, and where the model was trained, for its
// hash: up to a second for 1 GB. The error joins a *fault.Error for everything that is wrong with the config.
func New(cfg Config) (*Classifier, error) {
	cfg.SetDefaults(DefaultThreshold)
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Classifier{cfg: cfg, names: slices.Clone(cfg.Model.labels)}
	if cfg.Labels != nil && !slices.Equal(cfg.Labels, c.names) {
		c.names = slices.Clone(cfg.Labels)
		c.index = slices.Repeat([]int32{-1}, len(cfg.Model.labels))
		for i, name := range cfg.Labels {
			c.index[cfg.Model.find(name)] = int32(i)
		}
	}
	c.names, c.abstain = cfg.Names(c.names)
	var fast sync.WaitGroup
	fast.Go(func() { cfg.Model.fast() })
	c.version = "linear-" + c.hash()
	fast.Wait()
	c.scratch.New = func() any {
		b := new(batch)
		cfg.Model.prepare(&b.Scratch)
		return b
	}
	return c, nil
}

// hash is over everything that decides an answer: 12 hexadecimal digits.
func (c *Classifier) hash() string {
	h := sha256.New()
	cfg := c.cfg
	_ = json.NewEncoder(h).Encode([]any{
		"linear/1", cfg.Model.Hash(), c.names, c.index, c.abstain, cfg.Mode, cfg.Threshold, cfg.TopK, cfg.Abstain,
	})
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Info describes the classifier.
func (c *Classifier) Info() classify.Info {
	return classify.Info{Version: c.version, Labels: c.names, Mode: c.cfg.Mode, Backend: "linear"}
}

// Classify answers each text by itself. It does not fail but by a context that ended.
func (c *Classifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	b := c.scratch.Get().(*batch)
	defer c.scratch.Put(b)
	for row := 0; row < texts.Len(); row += together {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.block(texts, row, min(row+together, texts.Len()), out, b)
	}
	return nil
}

// block answers some texts.
func (c *Classifier) block(texts *array.String, row, end int, out *classify.Results, b *batch) {
	m := c.cfg.Model
	for i := row; i < end; i++ {
		line := &b.lines[i-row]
		if cap(line.Rows) > keepRows {
			*line = dictionary.Line{}
		}
		if !texts.IsNull(i) {
			m.shortcut.read(m, line, bytesOf(texts.Value(i)))
		}
	}
	for i := row; i < end; i++ {
		if texts.IsNull(i) {
			out.Reason[i] = classify.NullText
		} else {
			c.text(&b.lines[i-row], bytesOf(texts.Value(i)), i, out, &b.Scratch)
		}
		if c.cfg.Lists() {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
	}
}

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

var _ classify.Classifier = (*Classifier)(nil)
