package keyphrase

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// phrase is a word or several: what it looks like, and what it is after folding. Both are polynomial hashes, so that a
// phrase's follow from those of its words.
type phrase struct {
	form, fold uint64
	power      uint64 // base to the number of parts
	parts      int    // words, where hyphens separate words
	caps       int    // capital letters
}

// base is odd, so that no part of a hash is lost by multiplying.
const base = 0x9E3779B97F4A7C15

// add puts another phrase behind p.
func (p phrase) add(q phrase) phrase {
	if p.parts == 0 {
		return q
	}
	return phrase{p.form*base + q.form, p.fold*q.power + q.fold, p.power * q.power, p.parts + q.parts, p.caps + q.caps}
}

// folder folds words: lower case, without a plural s where the text is English, parts at hyphens. Its buffer is reused.
type folder struct {
	lower []byte // the word at hand
	caps  int    // its capital letters
	wide  bool   // it has characters beyond ASCII, other than an apostrophe
}

// read takes a word as the scanner finds it.
func (f *folder) read(word string) {
	f.lower, f.caps, f.wide = f.lower[:0], 0, false
	for i := 0; i < len(word); {
		c := word[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
				f.caps++
			}
			f.lower = append(f.lower, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(word[i:])
		if r == '’' {
			r = '\''
		} else {
			f.wide = true
		}
		if unicode.IsUpper(r) {
			f.caps++
		}
		f.lower = utf8.AppendRune(f.lower, unicode.ToLower(r))
		i += size
	}
}

// phrase is the word that was read last. It spoils f.lower.
func (f *folder) phrase(word string, english bool) phrase {
	p := phrase{form: xxhash.Sum64String(word), power: 1, caps: f.caps}
	for rest := f.lower; len(rest) > 0; {
		part, after, _ := bytes.Cut(rest, []byte{'-'})
		rest = after
		if len(part) == 0 {
			continue
		}
		if english {
			part = singular(part)
		}
		p.fold, p.power, p.parts = p.fold*base+xxhash.Sum64(part), p.power*base, p.parts+1
	}
	return p
}

// singular takes a plural s off, by the S-stemmer of Harman ("How effective is suffixing?", 1991), which leaves alone
// what is not likely to be a plural. It may change w.
func singular(w []byte) []byte {
	n := len(w)
	if n < 4 || w[n-1] != 's' {
		return w
	}
	switch w[n-2] {
	case 's', 'u', 'i': // class, status, analysis
		return w
	case 'e':
		switch {
		case w[n-3] == 'i' && n > 4 && w[n-4] != 'e' && w[n-4] != 'a':
			w[n-3] = 'y'
			return w[:n-2]
		case n > 4 && sibilant(w[:n-2]):
			return w[:n-2]
		}
	}
	return w[:n-1]
}

// sibilant says whether a noun that ends so has its plural in es: boxes, classes, batches, hashes.
func sibilant(w []byte) bool {
	n := len(w)
	switch w[n-1] {
	case 'x':
		return true
	case 's':
		return w[n-2] == 's'
	case 'h':
		return w[n-2] == 'c' || w[n-2] == 's'
	}
	return false
}
