package dictionary

import "bytes"

// Line is what a text stands for. It is reused from text to text; its slices are valid until the next Read.
type Line struct {
	// Rows are rows of the input matrix: those of the words, each followed by those of its n-grams, then those of
	// word n-grams.
	Rows []int32
	// Labels are the known labels that are written in the text, as rows of the output matrix.
	Labels []int32
	// Tokens counts words and labels, known or not, and the end of the line.
	Tokens int
	// Size is the number of rows as fastText counts them: len(Rows), and the n-grams of folded words.
	Size int
	// Known counts the words that are in the dictionary or have a row for an n-gram of theirs. The end of the line is
	// none, and neither are word n-grams: those of unknown words have rows too, which mean nothing.
	Known int

	hashes []int32
}

// blank are the bytes that separate words.
var blank = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, '\v': true, '\f': true, 0: true}

// Read sets l to what a text stands for, as fastText does for the text with each newline in it replaced by a space and
// one newline at the end.
//
// Words below folded are given as one row, folded words' n-grams being counted in Size alone: for those who keep the
// sum of such rows. It must be 0 unless the dictionary is Expanded.
func (d *Dictionary) Read(l *Line, text []byte, folded int32) {
	l.Rows, l.Labels, l.hashes = l.Rows[:0], l.Labels[:0], l.hashes[:0]
	l.Tokens, l.Size, l.Known = 0, 0, 0
	for i := 0; i < len(text); {
		if blank[text[i]] {
			i++
			continue
		}
		start, h := i, uint32(offset)
		for ; i < len(text) && !blank[text[i]]; i++ {
			h = step(h, text[i])
		}
		if word := text[start:i]; d.add(l, word, h, folded) {
			d.wordNgrams(l)
			return
		}
	}
	d.add(l, eos, eosHash, folded)
	d.wordNgrams(l)
}

var (
	eos     = []byte(EOS)
	eosHash = Hash(EOS)
	prefix  = []byte(LabelPrefix)
)

// add takes the next word, and tells whether it is the last.
func (d *Dictionary) add(l *Line, word []byte, h uint32, folded int32) (last bool) {
	id := d.find(word, h)
	l.Tokens++
	switch {
	case id >= int32(len(d.words)):
		l.Labels = append(l.Labels, id-int32(len(d.words)))
		return false
	case id >= 0:
		d.known(l, word, id, folded)
		last = id == d.eos
	case bytes.HasPrefix(word, prefix):
		return false
	default:
		last = string(word) == EOS
		if d.MaxN > 0 && !last {
			before := len(l.Rows)
			l.Rows = d.appendSubwords(l.Rows, word)
			l.Size += len(l.Rows) - before
			if len(l.Rows) > before {
				l.Known++
			}
		}
	}
	if d.WordNgrams > 1 {
		l.hashes = append(l.hashes, int32(h))
	}
	return last
}

// known adds a word of the dictionary.
func (d *Dictionary) known(l *Line, word []byte, id, folded int32) {
	l.Rows = append(l.Rows, id)
	l.Size++
	if id == d.eos {
		return
	}
	l.Known++
	if d.MaxN <= 0 {
		return
	}
	if id < folded {
		l.Size += len(d.Subwords(id))
		return
	}
	before := len(l.Rows)
	if d.Expanded() {
		l.Rows = append(l.Rows, d.Subwords(id)...)
	} else {
		l.Rows = d.appendSubwords(l.Rows, word)
	}
	l.Size += len(l.Rows) - before
}

// wordNgrams adds the n-grams of the words, the end of the line included.
func (d *Dictionary) wordNgrams(l *Line) {
	if d.WordNgrams <= 1 {
		return
	}
	before := len(l.Rows)
	for i := range l.hashes {
		h := uint64(l.hashes[i])
		for _, next := range l.hashes[i+1 : min(i+d.WordNgrams, len(l.hashes))] {
			h = h*116049371 + uint64(next)
			l.Rows = d.appendBucket(l.Rows, int32(h%uint64(d.Bucket)))
		}
	}
	l.Size += len(l.Rows) - before
}

// Blank says whether a byte separates words.
func Blank(c byte) bool { return blank[c] }

// Word is the first word of a text and what follows it; nil when there is none.
func Word(text []byte) (word, rest []byte) {
	start := 0
	for start < len(text) && blank[text[start]] {
		start++
	}
	end := start
	for end < len(text) && !blank[text[end]] {
		end++
	}
	if end == start {
		return nil, nil
	}
	return text[start:end], text[end:]
}

// Label says whether a word is a label by its prefix.
func Label(word []byte) bool { return bytes.HasPrefix(word, prefix) }
