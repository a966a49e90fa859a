package fasttext

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// shortcut is what makes a Classifier faster than Predict, at the price of sums in another order: scores differ by a few
// units in the last place. Losses that read their probabilities from a table of steps don't use it, since a score at the
// edge of a step would move by a whole one.
//
// A text's scores are linear in its rows. So the rows of a known word and of the n-grams of its characters, which always
// come together, are added up once (folded); and where there are few labels, each row is replaced by the labels' scores
// of it (projected), which is less to read than the row, and leaves nothing to multiply.
type shortcut struct {
	folded int32     // words below it have one row
	shift  int32     // that row is the word's number plus this
	table  []float32 // rows of the input, or their scores
	stride int
	scores bool // rows are scores
}

const (
	// maxFolded bounds the memory of folded rows.
	maxFolded = 256 << 20 // bytes
	// maxSummed is the longest text that takes the shortcut, in rows. The error of a sum of float32 grows with its
	// length; fastText's own grows alike, but not with the same digits.
	maxSummed = 512
)

// projects says whether rows are worth being replaced by scores: those must be at most a quarter as long.
func (m *Model) projects() bool {
	return !m.args.Loss.independent() && 4*kernel.Pad(len(m.labels)) <= kernel.Pad(m.args.Dim)
}

// spare is how many rows to make room for behind the input matrix.
func (m *Model) spare() int {
	few := 4*kernel.Pad(len(m.dict.Labels())) <= kernel.Pad(m.args.Dim)
	if !m.dict.Expanded() || m.args.Loss.independent() || few {
		return 0
	}
	return min(len(m.dict.Words()), maxFolded/(4*kernel.Pad(m.args.Dim)))
}

// fast is the shortcut, made when it is first asked for.
func (m *Model) fast() *shortcut {
	m.shortcutOnce.Do(func() {
		switch {
		case m.args.Loss.independent():
		case m.projects():
			m.project()
		case m.input.dense != nil:
			m.fold()
		}
	})
	return &m.shortcut
}

// fold adds up the rows of words in the room behind the matrix.
func (m *Model) fold() {
	in := m.input.dense
	s := &m.shortcut
	s.table, s.stride = in.extended(), in.Stride
	n := len(s.table)/in.Stride - in.Rows
	apart(n, func(first, end int) {
		for w := first; w < end; w++ {
			m.sum(s.table[(in.Rows+w)*in.Stride:][:in.Stride], int32(w))
		}
	})
	s.folded, s.shift = int32(n), int32(in.Rows)
}

// sum sets acc to a word's row plus those of its n-grams.
func (m *Model) sum(acc []float32, word int32) {
	m.input.average(acc, []int32{word}, 1)
	for _, id := range m.dict.Subwords(word) {
		if m.input.dense == nil {
			m.input.codes.add(acc, int(id))
			continue
		}
		for d, v := range m.input.dense.Row(int(id)) {
			acc[d] += v
		}
	}
}

// project replaces each row by its scores, those of words after folding.
func (m *Model) project() {
	s := &m.shortcut
	s.scores, s.stride = true, kernel.Pad(len(m.labels))
	rows := m.input.rows()
	scores := NewMatrix(rows, len(m.labels))
	scores.UseLargePages()
	s.table = scores.Data
	if m.dict.Expanded() {
		s.folded = int32(len(m.dict.Words()))
	}
	apart(rows, func(first, end int) {
		row := make([]float32, kernel.Pad(m.args.Dim))
		for i := first; i < end; i++ {
			if int32(i) < s.folded {
				m.sum(row, int32(i))
			} else {
				m.input.average(row, []int32{int32(i)}, 1)
			}
			kernel.Dots(scores.Row(i)[:scores.Dim], row, m.output.dense.Data)
		}
	})
}

// apart calls do for pieces of the rows 0 to n, on all cores, and waits.
func apart(n int, do func(first, end int)) {
	const piece = 1 << 13
	var taken atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+piece-1)/piece) {
		workers.Go(func() {
			for end := int(taken.Add(piece)); end-piece < n; end = int(taken.Add(piece)) {
				do(end-piece, min(end, n))
			}
		})
	}
	workers.Wait()
}

// read reads a text for estimate.
func (s *shortcut) read(m *Model, line *dictionary.Line, text []byte) {
	m.dict.Read(line, text, s.folded)
	if s.shift > 0 {
		for i, row := range line.Rows {
			if row < s.folded {
				line.Rows[i] = row + s.shift
			}
		}
	}
	if len(s.table) >= minPrefetched {
		kernel.Prefetch(s.table, line.Rows[:min(len(line.Rows), maxPrefetched)], s.stride)
	}
}

const (
	minPrefetched = 1 << 17 // components: what a second-level cache holds need not be asked for
	maxPrefetched = 64      // rows
)

// estimate sets s.scores to the scores of labels, or of nodes, for a text that was read by the shortcut.
func (m *Model) estimate(line *dictionary.Line, text []byte, s *Scratch) {
	f := &m.shortcut
	scale := float32(1 / float64(line.Size))
	switch {
	case f.table == nil:
		m.hide(line, s)
		m.score(s)
	case line.Size > maxSummed:
		m.dict.Read(line, text, 0)
		m.hide(line, s)
		m.score(s)
	case f.scores:
		kernel.Average(s.scores[:f.stride], f.table, line.Rows, scale)
	default:
		kernel.Average(s.hidden, f.table, line.Rows, scale)
		m.score(s)
	}
}
