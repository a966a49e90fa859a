package dictionary

import (
	"errors"
	"fmt"
	"math"
)

const (
	// EOS is the word that stands for the end of a line. Written out in a text it ends the text there.
	EOS = "</s>"
	// LabelPrefix is what a label begins with in a model and in fastText's training files.
	LabelPrefix = "__label__"
)

// Options say which n-grams a text has. They are part of a model.
type Options struct {
	WordNgrams int // words in the longest word n-gram; 1 or less is none
	MinN, MaxN int // characters in the shortest and longest n-gram of a word; MaxN 0 is none
	Bucket     int // rows that n-grams are hashed to, behind those of the words
}

// Entry is a word or a label with the times that it was seen in training. Labels have LabelPrefix.
type Entry struct {
	Text  string
	Count int64
}

// Dictionary knows the words and labels of a model. It is immutable, and safe for concurrent use.
type Dictionary struct {
	Options
	words, labels []Entry
	table         table // hash → index in words, then labels
	eos           int32 // -1: the dictionary doesn't have it

	// subwords are the rows of the words' n-grams, one word after another: word i has those up to ends[i]. Both are
	// nil where n-grams are found anew each time: there are none, or too many.
	subwords []int32
	ends     []int

	// kept are the buckets that pruning left, with their new numbers; nil where all are there.
	kept  map[int32]int32
	prune table
}

// maxSubwords bounds the n-grams that are kept in memory: 1 GiB. Beyond it they are found anew for each word of a text.
const maxSubwords = 1 << 28

// New makes a dictionary of words and labels in the order of their rows. kept maps the buckets that pruning left to
// their rows behind those of the words, from 0 on; nil is a dictionary that was not pruned. Of two equal entries the
// later one counts, as in fastText. New keeps what it is given.
func New(o Options, words, labels []Entry, kept map[int32]int32) (*Dictionary, error) {
	ngrams := o.WordNgrams > 1 || o.MaxN > 0
	switch {
	case o.Bucket < 0 || o.Bucket > math.MaxInt32:
		return nil, fmt.Errorf("%d buckets", o.Bucket)
	case o.WordNgrams > MaxNgrams || o.MaxN > MaxNgrams:
		return nil, fmt.Errorf("n-grams of %d words and %d characters: at most %d are supported", o.WordNgrams, o.MaxN, MaxNgrams)
	case ngrams && o.Bucket == 0:
		return nil, errors.New("there are n-grams, but no buckets for them")
	case int64(len(words))+int64(len(labels))+int64(o.Bucket) > math.MaxInt32:
		return nil, errors.New("more than 2³¹ rows")
	}
	d := &Dictionary{Options: o, words: words, labels: labels, eos: -1, kept: kept}
	d.table = newTable(len(words) + len(labels))
	for i := len(words) + len(labels) - 1; i >= 0; i-- {
		if e := d.entry(int32(i)); d.Find([]byte(e.Text)) < 0 {
			d.table.insert(Hash(e.Text), int32(i))
		}
	}
	d.eos = d.Find([]byte(EOS))
	if kept != nil {
		d.prune = newTable(len(kept))
		for bucket, row := range kept {
			if bucket < 0 || row < 0 || int(row) >= len(kept) {
				return nil, fmt.Errorf("pruned bucket %d has row %d of %d", bucket, row, len(kept))
			}
			d.prune.insert(uint32(bucket), row)
		}
	}
	d.expand()
	return d, nil
}

// MaxNgrams bounds the length of n-grams; what is used in practice is below 10.
const MaxNgrams = 100

func (d *Dictionary) entry(i int32) *Entry {
	if int(i) < len(d.words) {
		return &d.words[i]
	}
	return &d.labels[int(i)-len(d.words)]
}

// Words are the words in the order of their rows.
func (d *Dictionary) Words() []Entry { return d.words }

// Labels are the labels, with LabelPrefix, in the order of the output's rows.
func (d *Dictionary) Labels() []Entry { return d.labels }

// Kept maps the buckets that pruning left to their rows behind those of the words; nil where nothing was pruned.
func (d *Dictionary) Kept() map[int32]int32 { return d.kept }

// Rows is the number of rows that the input matrix must have.
func (d *Dictionary) Rows() int {
	if d.kept != nil {
		return len(d.words) + len(d.kept)
	}
	return len(d.words) + d.Bucket
}

// Find is the index of a word, or that of a label behind the words; -1 for an unknown one.
func (d *Dictionary) Find(word []byte) int32 { return d.find(word, Hash(word)) }

func (d *Dictionary) find(word []byte, h uint32) int32 {
	for at := d.table.start(h); ; at = d.table.next(at) {
		s := d.table.slots[at]
		if s.value < 0 || s.key == h && d.entry(s.value).Text == string(word) {
			return s.value
		}
	}
}
