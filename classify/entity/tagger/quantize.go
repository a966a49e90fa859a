package tagger

import (
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify/static"
)

// leastWeight is the largest weight with which a feature is left out.
const leastWeight = 0.01

// newModel makes a model of a problem's solution: features in order of their attributes, weights as 8 bits.
func newModel(table *static.Table, types []string, groups *clusters, p *problem, attributes []uint64, w []float64) *Model {
	L := p.labels
	m := &Model{table: table, trained: trained{
		types: types, labels: L, groups: groups, tuning: untuned, transitions: w[p.transitions():],
	}}
	order := make([]int, 0, len(attributes))
	for r := range attributes {
		if largest(w[r*L:][:L]) > leastWeight {
			order = append(order, r)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if attributes[a] < attributes[b] {
			return -1
		}
		return 1
	})
	for _, r := range order {
		row := w[r*L:][:L]
		scale := largest(row) / math.MaxInt8
		m.keys, m.scales = append(m.keys, attributes[r]), append(m.scales, float32(scale))
		for _, v := range row {
			m.weights = append(m.weights, int8(math.RoundToEven(v/scale)))
		}
	}
	for from := range L {
		for to := range L {
			if !allowed(from, to) {
				m.transitions[from*L+to] = 0
			}
		}
	}
	m.ready()
	return m
}

// ready builds what a model needs beside what a file holds.
func (m *Model) ready() {
	m.index = newIndex(m.keys)
	var c lattice
	c.setTransitions(m.labels, m.transitions)
	m.factors = c.trans
	m.pool.New = func() any { return m.newScratch() }
}

func largest(row []float64) (top float64) {
	for _, v := range row {
		top = max(top, math.Abs(v))
	}
	return top
}
