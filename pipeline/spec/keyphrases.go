package spec

import (
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Keyphrases says which phrases of the texts are given.
type Keyphrases struct {
	// How many a text gets at most, 1 to 100. 0: 8.
	Max int `yaml:"max" jsonschema:"minimum=0,maximum=100"`
	// How many words a phrase has at most, 1 to 4. 0: 3.
	Words int `yaml:"words" jsonschema:"minimum=0,maximum=4"`
	// How much a phrase loses for being like a better one, 0 to 1. Default 0.3.
	Diversity *float64 `yaml:"diversity" jsonschema:"minimum=0,maximum=1"`
	// Words and phrases that are never given, in any case and number. Longer phrases may contain them.
	Exclude []string `yaml:"exclude"`
	// A text file of more such words and phrases, one on each line. Lines that begin with # don't count.
	ExcludeFile string `yaml:"exclude_file"`
	// Put before the name of the result column, where nothing is classified; else classify.prefix is.
	Prefix string `yaml:"prefix"`
}

// Found is what rules can name beside labels.
func (s *Spec) Found() expr.Found {
	return expr.Found{Entities: s.Extract != nil, Keyphrases: s.Keyphrases != nil}
}

// keyphrases checks what the schema does not say.
func (c *checker) keyphrases() {
	k := c.Keyphrases
	if k == nil || k.Prefix == "" {
		return
	}
	switch {
	case c.Classify != nil:
		c.fail(fault.ConfigField, "keyphrases.prefix", "set classify.prefix, which is that of every result", "results have one prefix")
	case c.Extract != nil && c.Extract.Prefix != k.Prefix:
		c.fail(fault.ConfigField, "keyphrases.prefix", "write the same prefix into extract", "results have one prefix")
	}
}
