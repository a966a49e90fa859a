package prototype

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Embedder turns texts into vectors. It need not be safe for concurrent use.
type Embedder interface {
	// Embed returns the vector of a text, of length kernel.Unit, and the number of its tokens. The vector is nil when
	// nothing is known of the text; it is valid until the next call.
	Embed(text []byte) (vector []int16, tokens int)
}

// Space is what a Set must know of the vectors that a backend makes.
type Space struct {
	// Backend is its name in Info.
	Backend string
	// Hash is over everything that decides a vector.
	Hash string
	// Dim is the number of components, a multiple of kernel.Lanes.
	Dim int
	Calibration
}

// Set is a label set as prototypes in a space of vectors, and how they answer. It does not change and is safe for
// concurrent use.
type Set struct {
	cfg        Config
	space      Space
	names      []string // as Info gives them
	abstain    int32    // index of the label given instead of none, or -1
	prototypes []int16  // labels × dim, unit vectors, padded with zero rows
	decay      *decay   // of the softmax; nil where confidences are independent
	platt      platt    // of independent confidences
	version    string
}

// Scratch is what one goroutine needs to answer.
type Scratch struct {
	padded []int32 // dot products with the prototypes, as the kernel wants room for
	scores []int32 // those of the labels: padded without its end
	exps   []float32
}

// New makes the prototypes of a label set. The error joins a *fault.Error for everything that is wrong with the config.
func New(cfg Config, space Space, e Embedder) (*Set, error) {
	cfg.SetDefaults(DefaultThreshold)
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Set{cfg: cfg, space: space, prototypes: make([]int16, pad(len(cfg.Labels))*space.Dim)}
	c.names, c.abstain = cfg.Names(cfg.Labels.Names())
	learners := make([]learner, len(cfg.Labels))
	var errs []error
	for i, l := range cfg.Labels {
		var err error
		if learners[i], err = learn(l, space.Dim, e); err != nil {
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
		c.cfg.Temperature = c.learned(learners, c.NewScratch())
	}
	c.finish()
	return c, nil
}

// finish derives what follows from prototypes and temperature.
func (c *Set) finish() {
	n := len(c.cfg.Labels)
	c.platt = c.space.independent(n)
	if c.cfg.Mode == classify.Single && n > 1 {
		c.decay = newDecay(c.cfg.Temperature)
	}
	c.version = c.space.Backend + "-" + c.hash()
}

func (c *Set) prototype(label int) []int16 {
	return c.prototypes[label*c.space.Dim : (label+1)*c.space.Dim]
}

// hash is over everything that decides an answer: 12 hexadecimal digits.
func (c *Set) hash() string {
	h := sha256.New()
	cfg := c.cfg
	// The prototypes stand for descriptions, examples and refinement.
	_ = json.NewEncoder(h).Encode([]any{
		c.space.Backend + "/1", c.space.Hash, c.names, c.abstain, cfg.Mode, cfg.Threshold, cfg.TopK, cfg.Abstain, cfg.Temperature,
		c.platt.slope, c.platt.offset,
	})
	_ = binary.Write(h, binary.LittleEndian, c.prototypes)
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Info describes the classifier that answers by the set.
func (c *Set) Info() classify.Info {
	return classify.Info{Version: c.version, Labels: c.names, Mode: c.cfg.Mode, Backend: c.space.Backend}
}

// NewScratch makes a scratch for the set, or for a refined form of it.
func (c *Set) NewScratch() *Scratch {
	n := len(c.cfg.Labels)
	padded := make([]int32, pad(n))
	return &Scratch{padded: padded, scores: padded[:n], exps: make([]float32, n)}
}

// pad rounds a number of labels up to what the kernel works on.
func pad(labels int) int { return (labels + kernel.Block - 1) / kernel.Block * kernel.Block }
