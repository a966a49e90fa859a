package tagger

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGradient compares the slope of the loss with differences, in weights of every part.
func TestGradient(t *testing.T) {
	samples := []sample{
		{"Anna flew from New York to Zürich .", []Span{{Start: 0, End: 4, Type: 0}, {Start: 15, End: 23, Type: 1}, {Start: 27, End: 34, Type: 1}}},
		{"the #StarWars premiere with Anna", []Span{{Start: 28, End: 32, Type: 0}}},
		{"nothing here", nil},
	}
	cfg := Config{Workers: 2}
	if err := cfg.setDefaults(); err != nil {
		t.Fatal(err)
	}
	tr := &trainer{cfg: cfg, samples: samples}
	tr.cluster()
	p, _ := build(&cfg, samples, 2, tr.groups)
	r := rand.New(rand.NewPCG(1, 1))
	w := make([]float64, p.size())
	for i := range w {
		w[i] = 0.1 * r.NormFloat64()
	}
	g, scratch := make([]float64, len(w)), make([]float64, len(w))
	p.loss(w, g)
	check := func(i int) {
		const step = 1e-5
		at := w[i]
		w[i] = at + step
		up := p.loss(w, scratch)
		w[i] = at - step
		down := p.loss(w, scratch)
		w[i] = at
		if want := (up - down) / (2 * step); math.Abs(want-g[i]) > 1e-5*(1+math.Abs(want)) {
			t.Errorf("weight %d of %d: the loss changes by %v, the gradient is %v", i, len(w), want, g[i])
		}
	}
	for range 400 {
		check(r.IntN(p.transitions()))
	}
	for from := range p.labels {
		for to := range p.labels {
			if allowed(from, to) {
				check(p.transitions() + from*p.labels + to)
			}
		}
	}
}

// TestMinimize finds the minimum of a crooked valley.
func TestMinimize(t *testing.T) {
	x := []float64{-1.2, 1}
	m := &minimizer{memory: 5, iterations: 200, sums: crew(1).dot}
	value, _, err := m.minimize(t.Context(), x, func(x, g []float64) float64 {
		a, b := 1-x[0], x[1]-x[0]*x[0]
		g[0], g[1] = -2*a-400*x[0]*b, 200*b
		return a*a + 100*b*b
	})
	if err != nil || value > 1e-12 || !near(1, math.Round(1e5*x[0])/1e5) {
		t.Errorf("want 0 at 1, 1; got %v at %v, %v", value, x, err)
	}
}
