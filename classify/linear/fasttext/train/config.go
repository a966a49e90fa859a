package train

import (
	"errors"
	"math"
	"runtime"
	"time"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config are the parameters of a training, by the names of fastText's command line, with its defaults for supervised
// models where they are 0. The zero Config trains.
type Config struct {
	Dim           int           // components of a word's vector: 100
	LR            float64       // learning rate at the beginning, from where it falls to 0 evenly: 0.1
	Epoch         int           // times that each example is seen: 5
	MinCount      int           // words seen less often are left out: 1
	MinCountLabel int           // labels seen less often are left out: 0
	WordNgrams    int           // words in the longest n-gram of words: 1
	MinN, MaxN    int           // characters in the shortest and longest n-gram of a word: 0, 0 (none)
	Bucket        int           // rows that all n-grams share: 2,000,000 where there are n-grams
	Loss          fasttext.Loss // Softmax
	Neg           int           // labels drawn against the right one, with NegativeSampling: 5
	LRUpdateRate  int           // tokens after which a thread tells the others how far it is: 100
	Seed          uint64        // of all random numbers

	// Threads is how many goroutines train at once: by default as many as Go runs. More than one needs an amd64
	// processor with AVX2 (kernel.Shared); elsewhere one trains.
	Threads int
	// Memory bounds the examples that are kept as rows between epochs, in bytes: 1 GiB. A word takes 4 bytes, and as
	// many for each n-gram. Where that is too little, examples are read again in each epoch.
	Memory int64
	// Shuffle puts the examples that are kept into another order for each epoch. fastText takes them as they come, and
	// learns badly from texts that are sorted by label.
	Shuffle bool
	// Vectors are words' vectors to begin with, of Dim components; nil is random ones. Their words are added to the
	// dictionary.
	Vectors Vectors
	// Progress is called about a hundred times during the training, by one goroutine at a time; nil is not called.
	Progress func(Progress)
}

// Progress is how far a training is.
type Progress struct {
	Fraction float64       // of all epochs: 0 to 1
	LR       float64       // learning rate
	Loss     float64       // mean loss of an example since the beginning
	ETA      time.Duration // until the end, at the pace so far
}

const (
	defaultBucket = 2_000_000
	defaultMemory = 1 << 30
	maxThreads    = 1024
)

func orDefault[T int | int64 | float64 | fasttext.Loss](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// WithDefaults is the config as Train completes it.
func (c Config) WithDefaults() Config {
	c.setDefaults()
	return c
}

func (c *Config) setDefaults() {
	orDefault(&c.Dim, 100)
	orDefault(&c.LR, 0.1)
	orDefault(&c.Epoch, 5)
	orDefault(&c.MinCount, 1)
	orDefault(&c.WordNgrams, 1)
	orDefault(&c.Loss, fasttext.Softmax)
	orDefault(&c.Neg, 5)
	orDefault(&c.LRUpdateRate, 100)
	orDefault(&c.Memory, defaultMemory)
	orDefault(&c.Threads, min(runtime.GOMAXPROCS(0), maxThreads))
	if c.WordNgrams > 1 || c.MaxN > 0 {
		orDefault(&c.Bucket, defaultBucket)
	} else {
		c.Bucket = 0
	}
	if !kernel.Shared() {
		c.Threads = 1
	}
}

// validate reports everything that is wrong at once.
func (c *Config) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fault.New(fault.ConfigField, format, args...))
		}
	}
	between := func(name string, v, least, most int) {
		check(v >= least && v <= most, "%s is %d, want %d to %d", name, v, least, most)
	}
	between("dim", c.Dim, 1, 1<<16)
	check(c.LR > 0 && c.LR <= 100, "lr is %v, want more than 0, up to 100", c.LR)
	between("epoch", c.Epoch, 1, 1<<20)
	between("min_count", c.MinCount, 1, math.MaxInt32)
	between("min_count_label", c.MinCountLabel, 0, math.MaxInt32)
	between("word_ngrams", c.WordNgrams, 1, dictionary.MaxNgrams)
	between("maxn", c.MaxN, 0, dictionary.MaxNgrams)
	between("minn", c.MinN, 0, dictionary.MaxNgrams)
	between("bucket", c.Bucket, 0, 1<<30)
	check(c.Loss >= fasttext.HierarchicalSoftmax && c.Loss <= fasttext.OneVsAll, "loss %d is none of softmax, hs, ns, ova", c.Loss)
	between("neg", c.Neg, 1, 1<<20)
	between("lr_update_rate", c.LRUpdateRate, 1, math.MaxInt32)
	between("threads", c.Threads, 1, maxThreads)
	check(c.Memory > 0, "memory is %d bytes", c.Memory)
	return errors.Join(errs...)
}

// args are the parameters as the model's file records them.
func (c *Config) args() fasttext.Args {
	return fasttext.Args{
		Dim: c.Dim, WindowSize: 5, Epoch: c.Epoch, MinCount: c.MinCount, Neg: c.Neg, WordNgrams: c.WordNgrams, Loss: c.Loss,
		Bucket: c.Bucket, MinN: c.MinN, MaxN: c.MaxN, LRUpdateRate: c.LRUpdateRate, T: 1e-4,
	}
}
