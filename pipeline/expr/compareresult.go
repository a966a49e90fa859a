package expr

import (
	"slices"
)

// confident compares the result's confidence with a literal. Confidences have 4 decimals, so that there are 10,001:
// want holds the answer for each.
type confident struct{ want []bool }

func newConfident(op operator, literal float64) confident {
	p := confident{make([]bool, 10_001)}
	for k := range p.want {
		c := [1]float64{float64(k) / 1e4}
		floats(op, literal, c[:], p.want[k:k+1])
	}
	return p
}

func (p confident) eval(in *operands, out []bool) bool {
	if len(in.batch.Confidence) != len(out) {
		return false
	}
	for i, c := range in.batch.Confidence {
		k := int(float64(c)*1e4 + 0.5)
		out[i] = p.want[min(max(k, 0), len(p.want)-1)]
	}
	return true
}

// label says for each label index, shifted by one so that 0 is null, whether the condition is true.
type label struct{ want []bool }

// labelIs is true for the labels of the given indexes, or, negated, for all others.
func labelIs(negated bool, count int, indexes []int) label {
	want := make([]bool, count+1)
	for i := range want[1:] {
		want[i+1] = slices.Contains(indexes, i) != negated
	}
	return label{want}
}

// orNull sets the answer for rows without a label.
func (p label) orNull(v bool) label {
	p.want[0] = v
	return p
}

// when gives the predicate only where a condition holds.
func (p label) when(ok bool) predicate {
	if !ok {
		return nil
	}
	return p
}

func (p label) eval(in *operands, out []bool) bool {
	if len(in.batch.Labels) != len(out) {
		return false
	}
	for i, l := range in.batch.Labels {
		out[i] = p.want[l+1]
	}
	return true
}
