package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Backend makes the classifiers that requests ask for. It is called from many goroutines.
type Backend interface {
	// Pin is the version that a reference to a saved classifier stands for now: support is support@v3.
	Pin(reference string) (string, error)
	New(c *spec.Classify) (classify.Classifier, error)
}

// compiled is a classifier that is ready to answer.
type compiled struct {
	classify.Classifier
	cached *cache.Classifier // nil: answers are not kept
	names  [][]byte          // of the labels, as JSON
}

// compiler keeps classifiers ready by how they were asked for.
type compiler struct {
	backend Backend
	answers *cache.Cache // nil: answers are not kept
	ready   *otter.Cache[[sha256.Size]byte, *compiled]
	pins    *otter.Cache[string, pin]
}

// pin is the version that a reference stood for, which holds until then.
type pin struct {
	version string
	until   time.Time
}

func newCompiler(backend Backend, most int, answers *cache.Cache) (*compiler, error) {
	ready, err := otter.New(&otter.Options[[sha256.Size]byte, *compiled]{MaximumSize: most})
	if err != nil {
		return nil, fmt.Errorf("keep %d classifiers: %w", most, err)
	}
	pins, err := otter.New(&otter.Options[string, pin]{MaximumSize: most})
	if err != nil {
		return nil, fmt.Errorf("keep %d versions: %w", most, err)
	}
	return &compiler{backend: backend, answers: answers, ready: ready, pins: pins}, nil
}

// get is the classifier of a question. Whoever asks for one that is being made waits for it.
func (k *compiler) get(ctx context.Context, q *question, mode classify.Mode) (*compiled, error) {
	pinned := ""
	if q.classifier != nil {
		reference, err := textOf("classifier", q.classifier)
		if err != nil {
			return nil, err
		}
		if pinned, err = k.pin(reference); err != nil {
			return nil, err
		}
	}
	key := q.digest(mode, pinned)
	if c, ok := k.ready.GetIfPresent(key); ok {
		return c, nil
	}
	// The question is read here, not in the loader: another one's wait must not outlive this one's body.
	config, err := q.config(mode)
	if err != nil {
		return nil, err
	}
	if pinned != "" {
		config.Classifier = pinned
	}
	return k.ready.Get(ctx, key, otter.LoaderFunc[[sha256.Size]byte, *compiled](func(context.Context, [sha256.Size]byte) (*compiled, error) {
		return k.compile(config)
	}))
}

// pin is the version that a reference to a saved classifier stands for.
func (k *compiler) pin(reference string) (string, error) {
	now := time.Now()
	if p, ok := k.pins.GetIfPresent(reference); ok && now.Before(p.until) {
		return p.version, nil
	}
	version, err := k.backend.Pin(reference)
	if err == nil {
		k.pins.Set(reference, pin{version, now.Add(pinFor)})
	}
	return version, err
}

func (k *compiler) compile(config *spec.Classify) (*compiled, error) {
	c, err := k.backend.New(config)
	if err != nil {
		return nil, err
	}
	made := &compiled{Classifier: c}
	for _, name := range c.Info().Labels {
		made.names = append(made.names, quoted(name))
	}
	if k.answers != nil {
		made.cached = k.answers.Wrap(c, "")
	}
	return made, nil
}

// quoted is a text as JSON.
func quoted(text string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text can't fail
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
