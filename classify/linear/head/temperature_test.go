package head

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTemperature(t *testing.T) {
	// Three labels; the first is right in 7 of 10 rows, and its margin is 2 above the others: e^(2/T) / (e^(2/T)+2) = 0.7.
	s := &scores{labels: 3}
	for i := range int32(1000) {
		s.rows = append(s.rows, i)
		s.values = append(s.values, 2, 0, 0)
	}
	got, loss := temperature(s, func(row int32) int {
		if row%10 < 7 {
			return 0
		}
		return 1 + int(row%2)
	})
	if want := 2 / math.Log(0.7*2/0.3); math.Abs(got.Temperature-want) > 0.02 || got.Gain != 0 {
		t.Errorf("temperature %+v, want %.4f", got, want)
	}
	if want := -0.7*math.Log(0.7) - 0.3*math.Log(0.15); math.Abs(loss-want) > 0.01 {
		t.Errorf("loss %.4f, want %.4f", loss, want)
	}
}

// TestTemperatureOfFewRows: where all of a few rows are right, confidences stay below 1.
func TestTemperatureOfFewRows(t *testing.T) {
	for rows, most := range map[int32]float64{2: 0.9, 16: 0.98, 100: 0.995} {
		s := &scores{labels: 4}
		for i := range rows {
			s.rows = append(s.rows, i)
			s.values = append(s.values, 5, 1, 0, 0)
		}
		c := temperatures(s, func(int32) int { return 0 })
		confidence := 1 / (1 + math.Exp(-4*c.inverse(5)) + 2*math.Exp(-5*c.inverse(5)))
		if confidence > most || confidence < 0.5 {
			t.Errorf("%d rows: confidence %.4f, want at most %v", rows, confidence, most)
		}
	}
}

// made are margins of rows of which nine in ten are right. The best margin is about 6 there, else about 3, and the other
// labels' are −1 to 2: without its gold label a row has a best label too, but a low margin.
func made(rows int32) (*scores, func(row int32) int) {
	r := rand.New(rand.NewPCG(3, 3))
	s := &scores{labels: 8}
	gold := make([]int, rows)
	for i := range rows {
		s.rows = append(s.rows, i)
		gold[i] = r.IntN(s.labels)
		best, margin := gold[i], 6+r.NormFloat64()
		if r.IntN(10) == 0 {
			best, margin = (best+1)%s.labels, 3+r.NormFloat64()
		}
		for l := range s.labels {
			m := 3*r.Float64() - 1
			if l == best {
				m = margin
			}
			s.values = append(s.values, float32(m))
		}
	}
	return s, func(row int32) int { return gold[row] }
}

// TestTemperatures: a text that is near no label gets a lower confidence, however far its best label is ahead.
func TestTemperatures(t *testing.T) {
	s, gold := made(2000)
	c := temperatures(s, gold)
	if c.Gain <= 0 {
		t.Fatalf("calibration %+v, want a gain", c)
	}
	// The same lead of 2 over seven others.
	confidence := func(top float32) float64 { return 1 / (1 + 7*math.Exp(-2*c.inverse(top))) }
	if low, high := confidence(2), confidence(7); low > 0.6*high {
		t.Errorf("confidence %.3f near no label, %.3f near one", low, high)
	}
	// What is promised on average is what is true.
	promised, right := 0.0, 0.0
	for i := range s.rows {
		m := s.row(i)
		top, sum := best(m), 0.0
		for _, v := range m {
			sum += math.Exp(float64(v-m[top]) * c.inverse(m[top]))
		}
		promised += 1 / sum
		if top == gold(int32(i)) {
			right++
		}
	}
	if gap := (promised - right) / 2000; math.Abs(gap) > 0.05 {
		t.Errorf("confidence is %.3f off", gap)
	}
}

// TestFitGradient holds the derivatives against differences of the loss.
func TestFitGradient(t *testing.T) {
	s, gold := made(300)
	f := &fit{scores: s, gold: gold, center: 5, foreign: 0.5}
	const h = 1e-4
	at := f.measure(0.8, 0.05)
	base := [2]point{f.measure(0.8-h, 0.05), f.measure(0.8+h, 0.05)}
	gain := [2]point{f.measure(0.8, 0.05-h), f.measure(0.8, 0.05+h)}
	for name, c := range map[string]struct{ got, want float64 }{
		"base":         {at.first[0], (base[1].loss - base[0].loss) / (2 * h)},
		"gain":         {at.first[1], (gain[1].loss - gain[0].loss) / (2 * h)},
		"base, base":   {at.second[0], (base[1].first[0] - base[0].first[0]) / (2 * h)},
		"base, gain":   {at.second[1], (base[1].first[1] - base[0].first[1]) / (2 * h)},
		"gain, gain":   {at.second[2], (gain[1].first[1] - gain[0].first[1]) / (2 * h)},
		"the same two": {at.second[1], (gain[1].first[0] - gain[0].first[0]) / (2 * h)},
	} {
		if math.Abs(c.got-c.want) > 1e-3*(1+math.Abs(c.want)) {
			t.Errorf("%s: %v, by differences %v", name, c.got, c.want)
		}
	}
}
