package eval

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"unicode/utf8"
)

// Place is where a row stands.
type Place struct {
	File string `json:"file"`
	Row  int64  `json:"row"` // line or row, from 1
}

func (p Place) compare(o Place) int {
	return cmp.Or(strings.Compare(p.File, o.File), cmp.Compare(p.Row, o.Row))
}

// Wrong is a row whose answer is wrong although its confidence is high: either the classifier or the gold label errs.
type Wrong struct {
	Place
	Gold       []string `json:"gold"`
	Label      string   `json:"label"`
	Confidence Score    `json:"confidence"`
	Text       string   `json:"text,omitempty"` // cut to Config.TextLength characters
}

// worst keeps the most confident of the wrong rows, in bounded memory: a heap whose top is the one to give up next.
type worst struct {
	rows  []Wrong
	limit int
}

func (w *worst) Len() int           { return len(w.rows) }
func (w *worst) Less(i, j int) bool { return w.compare(w.rows[i], w.rows[j]) > 0 }
func (w *worst) Swap(i, j int)      { w.rows[i], w.rows[j] = w.rows[j], w.rows[i] }
func (w *worst) Push(x any)         { w.rows = append(w.rows, x.(Wrong)) }
func (w *worst) Pop() any {
	last := w.rows[len(w.rows)-1]
	w.rows = w.rows[:len(w.rows)-1]
	return last
}

// compare orders the most confident first, then by place.
func (*worst) compare(a, b Wrong) int {
	return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), a.Place.compare(b.Place))
}

// takes reports whether a row of this confidence would be kept.
func (w *worst) takes(confidence float64, at Place) bool {
	return w.limit > 0 && (len(w.rows) < w.limit || w.compare(Wrong{Confidence: Score(confidence), Place: at}, w.rows[0]) < 0)
}

func (w *worst) add(r Wrong) {
	heap.Push(w, r)
	if len(w.rows) > w.limit {
		heap.Pop(w)
	}
}

func (w *worst) sorted() []Wrong {
	rows := slices.Clone(w.rows)
	slices.SortFunc(rows, w.compare)
	return rows
}

// cut shortens a text to a number of characters, and copies it.
func cut(text string, length int) string {
	if len(text) > length {
		n := 0
		for i := range text {
			if n++; n > length {
				return strings.ToValidUTF8(text[:i], "\uFFFD") + "…"
			}
		}
	}
	if !utf8.ValidString(text) {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.Clone(text)
}
