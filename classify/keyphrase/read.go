package keyphrase

import (
	"strings"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/classify/static"
)

// scratch is what one goroutine needs. It grows with the texts that it sees, to about 10 MiB.
type scratch struct {
	folder   folder
	phrases  table
	groups   []group
	index    []int32   // of groups by fold
	chosen   []int32   // groups, best first
	likeness []float64 // of each group to what has been chosen
	vectors  vectors
	english  bool
	frequent map[uint64]bool // folds that count as stop words in a text that is not English

	// Of the text at hand:
	words, stops, unspaced int
	kind                   uint8 // of the word at hand
	foreign                int   // words with characters beyond ASCII
}

func newScratch(t *static.Table) *scratch {
	return &scratch{vectors: newVectors(t), frequent: map[uint64]bool{}}
}

// place is a word in a run of words that may be one phrase.
type place struct {
	phrase
	start, end int
	alone      bool // it can be a tag by itself
	begins     bool // a tag of several words can begin with it
	ends       bool // and end
}

// read counts the phrases of a text: as English, and if it turns out to be something else, once more.
func (s *scratch) read(text string, most int) {
	s.english = true
	clear(s.frequent)
	s.count(text, most)
	if s.isEnglish() {
		return
	}
	s.english = false
	s.findFrequent(text)
	s.count(text, most)
}

// isEnglish says whether a fifth of the words are English stop words. In running English they are 40 to 55 %, in German,
// French, Spanish, Dutch and Danish below 12 %, by words that look alike. Titles and
// lists of a few words may have none; they are English unless a letter tells otherwise.
func (s *scratch) isEnglish() bool {
	const few = 12
	if s.words <= few {
		return s.stops > 0 || s.foreign == 0
	}
	return s.stops*5 >= s.words
}

// findFrequent finds the words that a text of another language repeats as function words are: 5 times and 1.5 % of all
// words at least, in small letters, of at most 5. It misses some, and takes a short word that the text is about for one
// now and then: a list would be better, for those languages that there is one for.
func (s *scratch) findFrequent(text string) {
	const least, longest = 5, 5
	for _, e := range s.phrases.slots {
		if e.words != 1 || e.caps > 0 || e.count < least || int(e.count)*200 < s.words*3 {
			continue
		}
		word := text[e.start:e.end]
		if utf8.RuneCountInString(word) > longest {
			continue
		}
		s.folder.read(word)
		s.frequent[s.folder.phrase(word, false).fold] = true
	}
}

// count goes through the text and counts each run of up to most words between stop words and punctuation.
func (s *scratch) count(text string, most int) {
	s.phrases.reset()
	s.words, s.stops, s.foreign = 0, 0, 0
	var run [MaxWords]place // the last words, the newest at run[0]
	n := 0
	sc := scanner{text: text}
	for sc.next() {
		if sc.cut {
			n = 0
		}
		word := text[sc.start:sc.end]
		if sc.name || sc.letters == 0 || len(word) > maxWord {
			n = 0
			continue
		}
		s.words++
		s.folder.read(word)
		if s.folder.wide {
			s.foreign++
		}
		if s.isStop() {
			s.stops++
			n = 0
			continue
		}
		p := place{start: sc.start, end: sc.end}
		p.alone, p.begins, p.ends = s.fit(sc.letters)
		p.phrase = s.folder.phrase(word, s.english)
		if !s.english && s.frequent[p.fold] {
			n = 0
			continue
		}
		copy(run[1:], run[:])
		run[0] = p
		n = min(n+1, most)
		s.add(run[:n])
	}
	s.unspaced = sc.unspaced
}

// add counts the phrases that end with the newest word.
func (s *scratch) add(run []place) {
	last := &run[0]
	if last.alone {
		s.phrases.add(entry{last.form, last.fold, 1, uint32(last.start), uint32(last.end), 1, uint8(min(last.caps, 255))})
	}
	if !last.ends {
		return
	}
	for words := 2; words <= len(run); words++ {
		if !run[words-1].begins {
			continue
		}
		p := run[words-1].phrase
		for i := words - 2; i >= 0; i-- {
			p = p.add(run[i].phrase)
		}
		s.phrases.add(entry{p.form, p.fold, 1, uint32(run[words-1].start), uint32(last.end), uint8(words), uint8(min(p.caps, 255))})
	}
}

// isStop says whether the word at hand separates phrases.
func (s *scratch) isStop() bool {
	w := s.folder.lower
	if s.english {
		s.kind = kinds[string(w)]
		return s.kind == stopWord || contraction(w)
	}
	const short = 3
	return utf8.RuneCount(w) <= short && s.folder.caps < 2
}

// fit says whether the word at hand can be a tag alone, and begin and end one.
func (s *scratch) fit(letters int) (alone, begins, ends bool) {
	w := s.folder.lower
	known := letters >= 3 || letters == 2 && s.folder.caps == 2
	switch {
	case !s.english:
		return known, letters >= 2, letters >= 2
	case s.kind == weakWord, adverb(w):
		return false, false, false
	case participle(w):
		return false, true, false
	default:
		return known, letters >= 2, letters >= 2
	}
}

// why is the reason for a text without tags.
func (s *scratch) why(text string) Reason {
	switch {
	case strings.TrimSpace(text) == "":
		return NoText
	case s.words > s.unspaced:
		return NoPhrases
	case s.unspaced > 0:
		return Unspaced
	case s.words > 0:
		return NoPhrases
	default:
		return NoWords
	}
}
