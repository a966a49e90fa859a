package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Backend makes the classifiers that requests ask for. It is called from many goroutines.
type Backend interface {
	New(c *spec.Classify) (classify.Classifier, error)
	// Draft is a classifier as it is saved. It fails where no classifier could be made of it.
	Draft(c *spec.Classify) (catalog.Draft, error)
	// Finds tells why the saved model that a reference means can't find entities; nil: it can.
	Finds(reference string) error
}

// compiled is a classifier that is ready to answer.
type compiled struct {
	classify.Classifier
	cached    *cache.Classifier // nil: answers are not kept
	names     [][]byte          // of the labels, as JSON
	weight    uint32            // of what is kept for it
	threshold *float64          // that it was saved with; nil: none
	reference string            // of the saved version; empty: it is none
}

// compiler keeps classifiers ready by how they were asked for.
type compiler struct {
	backend  Backend
	usual    string // the backend of questions that name none
	catalogs Catalogs
	answers  *cache.Cache // nil: answers are not kept
	ready    *otter.Cache[[sha256.Size]byte, *compiled]
	found    *otter.Cache[string, recent]
}

// recent is the version that a reference stood for, which holds until then.
type recent struct {
	*saved
	until time.Time
}

func newCompiler(backend Backend, usual string, catalogs Catalogs, most int, answers *cache.Cache) (*compiler, error) {
	ready, err := otter.New(&otter.Options[[sha256.Size]byte, *compiled]{
		MaximumWeight: uint64(most) * usualSet, Weigher: func(_ [sha256.Size]byte, c *compiled) uint32 { return c.weight },
	})
	if err != nil {
		return nil, fmt.Errorf("keep %d classifiers: %w", most, err)
	}
	found, err := otter.New(&otter.Options[string, recent]{
		MaximumWeight: uint64(most) * usualSet, Weigher: func(_ string, r recent) uint32 { return weigh(r.Labels) },
	})
	if err != nil {
		return nil, fmt.Errorf("keep %d versions: %w", most, err)
	}
	return &compiler{backend: backend, usual: usual, catalogs: catalogs, answers: answers, ready: ready, found: found}, nil
}

// weigh is how many bytes a label set that is kept counts for. What is said of labels may have any length: without this, some
// hundred sets could take all memory.
func weigh(set classify.LabelSet) uint32 {
	n := sizeOf(set)
	for _, label := range set {
		n += len(label.Examples) * int(unsafe.Sizeof(""))
	}
	return uint32(min(max(n, usualSet), math.MaxUint32))
}

// sizeOf is how many bytes descriptions and examples have.
func sizeOf(set classify.LabelSet) (n int) {
	for _, label := range set {
		n += len(label.Description)
		for _, text := range label.Examples {
			n += len(text)
		}
	}
	return n
}

// get is the classifier of an account's question. Whoever asks for one that is being made waits for it.
func (k *compiler) get(ctx context.Context, account string, q *question, mode classify.Mode) (*compiled, error) {
	version, err := k.named(account, q)
	if err != nil {
		return nil, err
	}
	key := q.digest(mode, version.key())
	if c, ok := k.ready.GetIfPresent(key); ok {
		return c, nil
	}
	// The question is read here, not in the loader: another one's wait must not outlive this one's body.
	config, err := q.config(mode, version, k.usual)
	if err != nil {
		return nil, err
	}
	return k.ready.Get(ctx, key, otter.LoaderFunc[[sha256.Size]byte, *compiled](func(context.Context, [sha256.Size]byte) (*compiled, error) {
		return k.compile(config, version)
	}))
}

func (k *compiler) compile(config *spec.Classify, version *saved) (*compiled, error) {
	c, err := k.backend.New(config)
	if err != nil {
		return nil, err
	}
	made := &compiled{Classifier: c, weight: weigh(config.Labels), threshold: version.threshold(), reference: version.reference()}
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
