package eval

import (
	"hash/fnv"
	"iter"
	"math"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Outcomes remember of each counted row where it stood, what its gold labels were, whether the answer was right and how
// sure it was: 16 bytes a row, so that two evaluations of the same rows can be compared row by row. Rows of a file come in ascending
// order. The zero value is ready to use.
type Outcomes struct {
	files []fileOutcomes
	at    map[string]int
	rows  int64
}

type fileOutcomes struct {
	name string
	rows []outcome
}

type outcome struct {
	row  int64
	gold uint32 // hash
	sure uint16 // confidence in units of 1/sureUnit, or unsure
	met  bool
}

const (
	sureUnit = 10_000         // confidences have 4 decimals
	unsure   = math.MaxUint16 // there is no label, or its confidence is unknown
)

// Add remembers a row's outcome, unless it was not counted.
func (o *Outcomes) Add(r *Row, out Outcome) {
	if out == Uncounted {
		return
	}
	i, ok := o.at[r.Place.File]
	if !ok {
		if o.at == nil {
			o.at = make(map[string]int)
		}
		i = len(o.files)
		o.at[r.Place.File] = i
		o.files = append(o.files, fileOutcomes{name: r.Place.File})
	}
	o.files[i].rows = append(o.files[i].rows, outcome{r.Place.Row, hashGold(r.Gold), sureness(r), out == Met})
	o.rows++
}

func sureness(r *Row) uint16 {
	if r.Label == None || math.IsNaN(r.Confidence) {
		return unsure
	}
	return uint16(math.Round(r.Confidence * sureUnit))
}

// Files are the names of the files that rows come from, in their order.
func (o *Outcomes) Files() []string {
	names := make([]string, len(o.files))
	for i := range o.files {
		names[i] = o.files[i].name
	}
	return names
}

func hashGold(names []string) uint32 {
	h := fnv.New32a()
	for _, n := range names {
		_, _ = h.Write([]byte(classify.FoldName(n))) // a hash never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum32()
}

// Pairs counts rows by who got them right: the first, the second, both, neither.
type Pairs struct {
	Both    int64 `json:"both_right"`
	First   int64 `json:"only_first_right"`
	Second  int64 `json:"only_second_right"`
	Neither int64 `json:"both_wrong"`
	// Unpaired rows were counted for one of them only: the other rejected them.
	Unpaired int64 `json:"unpaired"`
}

func (p *Pairs) count(first, second bool) {
	switch {
	case first && second:
		p.Both++
	case first:
		p.First++
	case second:
		p.Second++
	default:
		p.Neither++
	}
}

// PairByPlace pairs rows that stand at the same place of the same file.
func PairByPlace(a, b *Outcomes) Pairs {
	var p Pairs
	for x, y := range byPlace(a, b) {
		p.count(x.met, y.met)
	}
	p.Unpaired = a.rows + b.rows - 2*p.Rows()
	return p
}

// Answer is how one classifier did on a row.
type Answer struct {
	Confidence float64 // of its label, 0 to 1 in 4 decimals; NaN where there is no label
	Right      bool
}

// AnswersByPlace yields how two classifiers did on each row that stands at the same place of the same file.
func AnswersByPlace(a, b *Outcomes) iter.Seq2[Answer, Answer] {
	return func(yield func(Answer, Answer) bool) {
		for x, y := range byPlace(a, b) {
			if !yield(x.answer(), y.answer()) {
				return
			}
		}
	}
}

func (o outcome) answer() Answer {
	if o.sure == unsure {
		return Answer{math.NaN(), o.met}
	}
	return Answer{float64(o.sure) / sureUnit, o.met}
}

func byPlace(a, b *Outcomes) iter.Seq2[outcome, outcome] {
	return func(yield func(x, y outcome) bool) {
		for _, f := range a.files {
			var others []outcome
			if i, ok := b.at[f.name]; ok {
				others = b.files[i].rows
			}
			for _, x := range f.rows {
				for len(others) > 0 && others[0].row < x.row {
					others = others[1:]
				}
				if len(others) > 0 && others[0].row == x.row && !yield(x, others[0]) {
					return
				}
			}
		}
	}
}

// PairInOrder pairs the rows of different files in their order. It fails where they can't be the same rows: another
// number of them, or other gold labels.
func PairInOrder(a, b *Outcomes) (Pairs, error) {
	var p Pairs
	left, right := a.all(), b.all()
	if a.rows != b.rows {
		return p, fault.New(fault.EvalMismatch, "%d rows have a gold label in %s, and %d in %s", a.rows, a.names(), b.rows, b.names())
	}
	for {
		x, atX, okX := left()
		y, atY, okY := right()
		if !okX || !okY {
			return p, nil
		}
		if x.gold != y.gold {
			return p, fault.New(fault.EvalMismatch, "the gold label differs from the one at %s:%d, so these are not the same rows", atX, x.row).
				At(fault.Where{File: atY, Line: y.row})
		}
		p.count(x.met, y.met)
	}
}

// all returns an iterator over every row in order.
func (o *Outcomes) all() func() (outcome, string, bool) {
	file, row := 0, 0
	return func() (outcome, string, bool) {
		for ; file < len(o.files); file, row = file+1, 0 {
			if f := &o.files[file]; row < len(f.rows) {
				row++
				return f.rows[row-1], f.name, true
			}
		}
		return outcome{}, "", false
	}
}

func (o *Outcomes) names() string {
	switch len(o.files) {
	case 0:
		return "the input"
	case 1:
		return o.files[0].name
	default:
		return o.files[0].name + " and others"
	}
}

// Rows is how many rows were paired.
func (p *Pairs) Rows() int64 { return p.Both + p.First + p.Second + p.Neither }
