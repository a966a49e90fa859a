package temperature

import (
	"math"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTemperature(t *testing.T) {
	// Three labels; the first is right in 7 of 10 rows, and its margin is 2 above the others: e^(2/T) / (e^(2/T)+2) = 0.7.
	got, loss := Fit(Rows{Len: 1000, Labels: 3, Row: func(i int) ([]float32, int) {
		gold := 0
		if i%10 >= 7 {
			gold = 1 + i%2
		}
		return []float32{2, 0, 0}, gold
	}})
	if want := 2 / math.Log(0.7*2/0.3); math.Abs(got.Temperature-want) > 0.02 || got.Gain != 0 {
		t.Errorf("temperature %+v, want %.4f", got, want)
	}
	if want := -0.7*math.Log(0.7) - 0.3*math.Log(0.15); math.Abs(loss-want) > 0.01 {
		t.Errorf("loss %.4f, want %.4f", loss, want)
	}
}

// TestTemperatureOfFewRows: where all of a few rows are right, confidences stay below 1.
func TestTemperatureOfFewRows(t *testing.T) {
	for rows, most := range map[int]float64{2: 0.9, 16: 0.98, 100: 0.995} {
		c, _ := Fit(Rows{Len: rows, Labels: 4, Row: func(int) ([]float32, int) { return []float32{5, 1, 0, 0}, 0 }})
		confidence := 1 / (1 + math.Exp(-4*c.Inverse(5)) + 2*math.Exp(-5*c.Inverse(5)))
		if confidence > most || confidence < 0.5 {
			t.Errorf("%d rows: confidence %.4f, want at most %v", rows, confidence, most)
		}
	}
}

// made are scores of rows of which nine in ten are right. The best score is about 6 there, else about 3, and the other
// labels' are −1 to 2: without its gold label a row has a best label too, but a low score.
func made(rows int) Rows {
	const labels = 8
	r := rand.New(rand.NewPCG(3, 3))
	scores, gold := make([][]float32, rows), make([]int, rows)
	for i := range rows {
		gold[i] = r.IntN(labels)
		best, score := gold[i], 6+r.NormFloat64()
		if r.IntN(10) == 0 {
			best, score = (best+1)%labels, 3+r.NormFloat64()
		}
		for l := range labels {
			m := 3*r.Float64() - 1
			if l == best {
				m = score
			}
			scores[i] = append(scores[i], float32(m))
		}
	}
	return Rows{Len: rows, Labels: labels, Row: func(i int) ([]float32, int) { return scores[i], gold[i] }}
}

// TestTemperatures: a text that is near no label gets a lower confidence, however far its best label is ahead.
func TestTemperatures(t *testing.T) {
	rows := made(2000)
	c := FitByText(rows, 0.08)
	if c.Gain <= 0 {
		t.Fatalf("%+v, want a gain", c)
	}
	// The same lead of 2 over seven others.
	confidence := func(top float32) float64 { return 1 / (1 + 7*math.Exp(-2*c.Inverse(top))) }
	if low, high := confidence(2), confidence(7); low > 0.6*high {
		t.Errorf("confidence %.3f near no label, %.3f near one", low, high)
	}
	// What is promised on average is what is true.
	promised, right := 0.0, 0.0
	for i := range rows.Len {
		m, gold := rows.Row(i)
		top, sum := 0, 0.0
		for l, v := range m {
			if v > m[top] {
				top = l
			}
		}
		for _, v := range m {
			sum += math.Exp(float64(v-m[top]) * c.Inverse(m[top]))
		}
		promised += 1 / sum
		if top == gold {
			right++
		}
	}
	if gap := (promised - right) / 2000; math.Abs(gap) > 0.05 {
		t.Errorf("confidence is %.3f off", gap)
	}
}

// TestFitGradient holds the derivatives against differences of the loss.
func TestFitGradient(t *testing.T) {
	f := &fit{Rows: made(300), center: 5, foreign: 0.5}
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
