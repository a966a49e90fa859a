package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestMcNemar(t *testing.T) {
	m := mcNemar(1, 4) // (1 + 5) · 2 / 2⁵
	near(t, "exact p", m.P, 0.375)
	near(t, "p of equal counts", mcNemar(7, 7).P, 1)
	near(t, "p without a difference", mcNemar(0, 0).P, 1)
	if m = mcNemar(600, 500); m.Method == "exact" {
		t.Errorf("1,100 rows are tested by the %s method", m.Method)
	}
	near(t, "χ²", m.Statistic, 99.0*99/1100)
	if near := mcNemar(510, 480); math.Abs(float64(near.P)-math.Erfc(math.Sqrt(29.0*29/990/2))) > 0.002 {
		t.Errorf("the exact p %v is far from the approximation", near.P)
	}
}

func TestBootstrap(t *testing.T) {
	c := Compare(Pairs{Both: 700, First: 60, Second: 100, Neither: 140})
	near(t, "difference", c.Difference, 0.04)
	// The normal approximation: variance (b + c − (b−c)²/n) / n².
	half := 1.96 * math.Sqrt(160-1600.0/1000) / 1000
	for i, want := range []float64{0.04 - half, 0.04 + half} {
		if math.Abs(float64(c.Interval[i])-want) > 0.001 {
			t.Errorf("end %d of the interval is %v, want about %v", i, c.Interval[i], want)
		}
	}
	if again := Compare(c.Pairs); !cmp.Equal(c, again) {
		t.Errorf("another comparison of the same rows differs: %+v", again)
	}
	if none := Compare(Pairs{}); none.Interval[0].Known() || none.Difference.Known() {
		t.Errorf("a comparison of nothing: %+v", none)
	}
	if same := Compare(Pairs{Second: 5}); same.Interval != (Interval{1, 1}) {
		t.Errorf("the second alone is right: %+v", same.Interval)
	}
}

func TestBinomial(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		n int64
		p float64
	}{{0, 0.5}, {1, 0.3}, {10, 0.99}, {50, 0.5}, {1000, 0.001}, {1_000_000, 0.2}, {30_000_000, 0.7}} {
		var sum, squares float64
		const draws = 2000
		for range draws {
			k := float64(binomial(rng, c.n, c.p))
			if k < 0 || k > float64(c.n) {
				t.Fatalf("%v of %d trials", k, c.n)
			}
			sum += k
			squares += (k - float64(c.n)*c.p) * (k - float64(c.n)*c.p)
		}
		deviation := math.Sqrt(float64(c.n) * c.p * (1 - c.p))
		if off := math.Abs(sum/draws - float64(c.n)*c.p); off > 5*deviation/math.Sqrt(draws)+1e-9 {
			t.Errorf("n %d p %v: the mean is off by %v", c.n, c.p, off)
		}
		if got := math.Sqrt(squares / draws); math.Abs(got-deviation) > 0.1*deviation {
			t.Errorf("n %d p %v: deviation %v, want %v", c.n, c.p, got, deviation)
		}
	}
}

// outcomesOf are rows of a file from 1 on; + is met, - missed, . not counted.
func outcomesOf(file, marks string) *Outcomes {
	o := new(Outcomes)
	for i, m := range marks {
		out := map[rune]Outcome{'+': Met, '-': Missed, '.': Uncounted}[m]
		o.Add(&Row{Gold: []string{string(rune('a' + i%3))}, Place: Place{file, int64(i + 1)}}, out)
	}
	return o
}

func TestPairs(t *testing.T) {
	p := PairByPlace(outcomesOf("f", "++--.+-"), outcomesOf("f", "+-+-+.-"))
	want := Pairs{Both: 1, First: 1, Second: 1, Neither: 2, Unpaired: 2}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if p := PairByPlace(outcomesOf("f", "++"), outcomesOf("g", "++")); p.Rows() != 0 || p.Unpaired != 4 {
		t.Errorf("rows of different files were paired: %+v", p)
	}
	a, b := outcomesOf("f", "++."), outcomesOf("f", "+-")
	a.Add(&Row{Gold: []string{"a"}, Label: None, Place: Place{"f", 4}}, Missed)
	b.Add(&Row{Gold: []string{"a"}, Label: 1, Confidence: 0.12346, Place: Place{"f", 4}}, Met)
	var answers []string
	for x, y := range AnswersByPlace(a, b) {
		answers = append(answers, fmt.Sprintf("%v %v, %v %v", x.Confidence, x.Right, y.Confidence, y.Right))
	}
	if diff := cmp.Diff([]string{"0 true, 0 true", "0 true, 0 false", "NaN false, 0.1235 true"}, answers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"f"}, a.Files()); diff != "" {
		t.Error(diff)
	}
	q, err := PairInOrder(outcomesOf("f", "++--"), outcomesOf("g", "+-+-"))
	if err != nil || q != (Pairs{Both: 1, First: 1, Second: 1, Neither: 1}) {
		t.Errorf("%+v, %v", q, err)
	}
	if _, err := PairInOrder(outcomesOf("f", "++-"), outcomesOf("g", "++")); !fault.Is(err, fault.EvalMismatch) || !strings.Contains(err.Error(), "3 rows") {
		t.Errorf("different numbers of rows: %v", err)
	}
	if _, err := PairInOrder(outcomesOf("f", "++."), outcomesOf("g", "+.+")); !fault.Is(err, fault.EvalMismatch) || !strings.Contains(err.Error(), "g:3: ") {
		t.Errorf("different rows: %v", err)
	}
}
