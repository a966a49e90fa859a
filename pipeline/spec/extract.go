package spec

import (
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Extract says which entities are looked for in the texts.
type Extract struct {
	// The types that are given: those of patterns (email, url, phone, iban, card, ip, uuid, date, time, money, percent,
	// hashtag, handle), those of the lists and those of the classifier. Default: all of them.
	Types []string `yaml:"types"`
	// A saved tagger, NAME or NAME@vN, that winnow train --task entities made: what it was shown is found as well.
	Classifier string `yaml:"classifier"`
	// Lists of terms that are found wherever a text has them as whole words.
	Lists []TermList `yaml:"lists"`
	// Entities with a confidence below this are left out. Default: 0.5, and of a classifier's what it was tuned to.
	MinConfidence *float64 `yaml:"min_confidence" jsonschema:"minimum=0,maximum=1" fault:"threshold.range"`
	// Put before the name of the result column, where nothing is classified; else classify.prefix is.
	Prefix string `yaml:"prefix"`
}

// AllTypes stands for every type, where types have to be named.
const AllTypes = "*"

// TermList is a list of terms.
type TermList struct {
	// The file: text with a term a line, CSV with the columns term, type and id, or JSONL with these fields.
	Path string `yaml:"path" jsonschema:"required"`
	// The type of the terms that name none. Default: the file's name without its ending.
	Type string `yaml:"type"`
	// Tells upper case from lower case. Default: it does not matter.
	Case bool `yaml:"case"`
}

// Redact says what a sink does not get to see. As YAML it is a list of types, or a map of these fields.
type Redact struct {
	// The types of entities that are replaced, each by its name in upper case: [EMAIL]; "*" is all of them.
	Types []string `yaml:"types" jsonschema:"required"`
	// The fields that are looked through, nested ones with dots; "*" is all of them. Default: those that text reads, and
	// one that is called entities.
	Fields []string `yaml:"fields"`
	// A secret. With it each entity is replaced by a keyed hash, [EMAIL:9f86d081884c7d65], which is the same wherever
	// the entity comes again.
	Key unit.Secret `yaml:"key"`
}

// extract checks what can be known of entities without reading a list.
func (c *checker) extract() {
	if x := c.Extract; x != nil {
		if x.MinConfidence != nil && outside(*x.MinConfidence) {
			c.fail(fault.ThresholdRange, "extract.min_confidence", "", "min_confidence is %s", formatFloat(*x.MinConfidence))
		}
		if x.Prefix != "" && c.Classify != nil {
			c.fail(fault.ConfigField, "extract.prefix", "set classify.prefix, which is that of every result", "results have one prefix")
		}
	}
	for _, s := range c.Sinks {
		if s.Redact != nil && len(s.Redact.Types) == 0 {
			c.fail(fault.ConfigMissing, join(join("sinks", s.Name), "redact"), "name types, such as [email, card]", "redact names no type")
		}
	}
	if d := c.DeadLetters; d != nil && d.Redact != nil {
		c.fail(fault.ConfigField, "dead_letters.redact", "remove it", "dead letters keep records as they came, so that they can be replayed")
	}
}
