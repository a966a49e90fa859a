package keyphrase

import (
	"errors"
	"sync"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says what to give. The zero Config is ready for use.
type Config struct {
	// Tags is how many are given at most, 1 to MaxTags; 0 is DefaultTags.
	Tags int
	// Words is how many words a tag has at most, 1 to MaxWords; 0 is DefaultWords.
	Words int
	// Diversity is how much a tag loses for being like one that was chosen, 0 to 1; nil is DefaultDiversity. At 0 the tags
	// stand by relevance alone; at 1 each but the first is what is least like those before it.
	Diversity *float64
	// Exclude are words and phrases that are never a tag, in any case and number, with spaces, hyphens or underscores
	// between their words. A longer tag may contain them. ReadExclusions reads them from a file.
	Exclude []string
	// Table is the embeddings; nil takes those that are compiled in.
	Table *static.Table
}

// Limits and defaults of a Config.
const (
	MaxTags          = 100
	DefaultTags      = 8
	MaxWords         = 4
	DefaultWords     = 3
	DefaultDiversity = 0.3
)

// Tag is a phrase of the text.
type Tag struct {
	// Text is the phrase's most frequent form, with single spaces; of forms that are equally frequent the one with
	// the fewest capitals, then the first.
	Text string
	// Score is the tag's relevance, [0, 1], rounded to 4 decimals.
	Score float32
	// Count is how often the phrase occurs in any form.
	Count int
}

// Reason says why there are no tags.
type Reason uint8

const (
	// Tagged texts have at least one tag.
	Tagged Reason = iota
	// NoText is a text that is empty, or all white space.
	NoText
	// NoWords is a text of numbers, punctuation or symbols alone.
	NoWords
	// NoPhrases is a text of which every word is a stop word, too short, or excluded.
	NoPhrases
	// Unspaced is a text in a script that puts no spaces between words.
	Unspaced
)

// String returns the reason as it is written in records and summaries.
func (r Reason) String() string {
	switch r {
	case NoText:
		return "no_text"
	case NoWords:
		return "no_words"
	case NoPhrases:
		return "no_phrases"
	case Unspaced:
		return "unspaced_script"
	default:
		return ""
	}
}

// Tags are the tags of one text, reused from text to text. The texts of the tags are their own.
type Tags struct {
	List   []Tag
	Reason Reason // why List is empty
}

// Finder finds tags. It does not change and is safe for concurrent use.
type Finder struct {
	cfg       Config
	diversity float64
	excluded  map[uint64]bool // folds, as English and as any other language
	scratch   sync.Pool       // *scratch
}

// New makes a finder. The error joins a *fault.Error for everything that is wrong with the config.
func New(cfg Config) (*Finder, error) {
	if cfg.Tags == 0 {
		cfg.Tags = DefaultTags
	}
	if cfg.Words == 0 {
		cfg.Words = DefaultWords
	}
	f := &Finder{cfg: cfg, diversity: DefaultDiversity}
	if cfg.Diversity != nil {
		f.diversity = *cfg.Diversity
	}
	var errs []error
	bad := func(path, format string, args ...any) {
		errs = append(errs, fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path}))
	}
	if cfg.Tags < 1 || cfg.Tags > MaxTags {
		bad("tags", "%d tags, from 1 to %d are allowed", cfg.Tags, MaxTags)
	}
	if cfg.Words < 1 || cfg.Words > MaxWords {
		bad("words", "tags of up to %d words, from 1 to %d are allowed", cfg.Words, MaxWords)
	}
	if !(f.diversity >= 0 && f.diversity <= 1) {
		bad("diversity", "diversity %v is not from 0 to 1", f.diversity)
	}
	if cfg.Table == nil {
		t, err := static.Embedded()
		if err != nil {
			errs = append(errs, fault.New(fault.Internal, "%w", err))
		}
		f.cfg.Table = t
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	f.excluded = exclusions(cfg.Exclude)
	f.scratch.New = func() any { return newScratch(f.cfg.Table) }
	return f, nil
}

// Find replaces tags by those of a text. Bytes that are not valid UTF-8 separate words. Of a text beyond 2 GiB only the
// beginning is read.
func (f *Finder) Find(text string, tags *Tags) {
	tags.List, tags.Reason = tags.List[:0], Tagged
	s := f.scratch.Get().(*scratch)
	defer f.scratch.Put(s)
	text = text[:min(len(text), maxText)]
	s.read(text, f.cfg.Words)
	s.merge(text, f.excluded)
	s.rank(text)
	s.spread(text, f.cfg.Tags, f.diversity, tags)
	if len(tags.List) == 0 {
		tags.Reason = s.why(text)
	}
}
