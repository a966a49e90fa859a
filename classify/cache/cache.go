package cache

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/winnow-stream/winnow/classify"
)

// DefaultMaxBytes is what a cache holds by default: about 200,000 answers to texts of 200 bytes.
const DefaultMaxBytes = 64 << 20

// entryBytes is the overhead of an entry besides its text and scores: key, value, hash table and eviction queue, as
// measured by the heap's growth.
const entryBytes = 224

// Config bounds a cache.
type Config struct {
	// MaxBytes bounds keys, answers and overhead together; default DefaultMaxBytes.
	MaxBytes int64
	// MaxTextBytes is the longest text that is kept; default a 64th of MaxBytes. Longer ones pass through.
	MaxTextBytes int
	// TTL is how long an answer is kept; default for ever.
	TTL time.Duration
}

// Cache holds answers. It is safe for concurrent use.
type Cache struct {
	store   *otter.Cache[key, *answer]
	longest int
	ttl     time.Duration // 0: for ever. The store's own would keep a goroutine.
	hits    atomic.Int64
	misses  atomic.Int64
}

// key is what an answer depends on.
type key struct{ version, scope, text string }

// answer is a row of classify.Results. It does not change once it is stored.
type answer struct {
	label      int32
	confidence float32
	reason     classify.Reason
	tokens     int32
	scores     []classify.Score
	stored     time.Time
}

// New makes an empty cache. It starts no goroutine that outlives a call for long.
func New(cfg Config) (*Cache, error) {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.MaxBytes < 0 || cfg.MaxTextBytes < 0 || cfg.TTL < 0 {
		return nil, fmt.Errorf("negative limits: %d bytes, %d bytes a text, %s", cfg.MaxBytes, cfg.MaxTextBytes, cfg.TTL)
	}
	if cfg.MaxTextBytes == 0 {
		cfg.MaxTextBytes = int(min(cfg.MaxBytes/64, math.MaxInt32))
	}
	store, err := otter.New(&otter.Options[key, *answer]{
		MaximumWeight: uint64(cfg.MaxBytes),
		Weigher: func(k key, a *answer) uint32 {
			return uint32(min(entryBytes+len(k.text)+8*len(a.scores), math.MaxUint32))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("make a cache of %d bytes: %w", cfg.MaxBytes, err)
	}
	return &Cache{store: store, longest: cfg.MaxTextBytes, ttl: cfg.TTL}, nil
}

// Stats are counts since the cache was made.
type Stats struct {
	Hits, Misses int64 // texts; null texts count as neither
	Entries      int
	Bytes        int64 // by its own estimate
}

// Stats returns the counts so far.
func (c *Cache) Stats() Stats {
	c.store.CleanUp() // counts and evicts what is still queued
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(),
		Entries: c.store.EstimatedSize(), Bytes: int64(c.store.WeightedSize()),
	}
}
