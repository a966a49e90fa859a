package head

import (
	"math"
	"math/rand/v2"
)

// joint finds the planes of all labels at once. It belongs to one goroutine and is reused from fold to fold.
type joint struct {
	width   int       // labels, rounded up to lanes
	weights []float32 // vectors, and grams behind them
	vectors []float32 // dim × width: the planes' weights of the static vector
	grams   []float32 // features × width: those of n-grams
	biases  []float32 // width
	shares  []float32 // rows × width: what each row gives each label, the dual variables
	margins []float32
	moves   []float32
	order   []int32

	// Of the row that was answered last: where its weights are, in rows of width, and what they count.
	at []uint32
	by []float32
}

// lanes is what a row of weights is a multiple of, in float32.
const lanes = 8

func newJoint(labels, dim, features, rows int) *joint {
	w := (labels + lanes - 1) / lanes * lanes
	weights := make([]float32, (dim+features)*w)
	return &joint{
		width: w, weights: weights, vectors: weights[:dim*w], grams: weights[dim*w:], biases: make([]float32, w),
		shares: make([]float32, rows*w), margins: make([]float32, w), moves: make([]float32, w),
	}
}

// solve finds the planes that make the labels of rows likeliest: multinomial logistic regression with a quadratic penalty
// on the planes' distance from where they start, by stochastic dual coordinate ascent (Shalev-Shwartz and Zhang,
// "Accelerated proximal stochastic dual coordinate ascent for regularized loss minimization", 2014, section 5): each
// row's shares move towards the softmax of its margins as far as the dual allows. The result depends on its arguments
// alone.
func (s *joint) solve(p *problem, use []int32, gold func(row int32) int, labels int, balance []float64, seed uint64) {
	clear(s.weights)
	clear(s.biases)
	s.start(p)
	s.order = append(s.order[:0], use...)
	for i, row := range use {
		clear(s.shares[i*s.width : (i+1)*s.width])
		s.shares[i*s.width+gold(row)] = 1
		s.order[i] = int32(i)
	}
	random := rand.New(rand.NewPCG(seed, 0x50f7))
	for range p.most {
		random.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		moved := float32(0)
		for _, i := range s.order {
			row := use[i]
			cost := float32(p.cost * balance[gold(row)])
			if p.costs != nil {
				cost *= p.costs[row]
			}
			moved += s.step(p, row, s.shares[int(i)*s.width:int(i+1)*s.width], labels, cost)
		}
		if moved < float32(p.slack)*float32(len(use)) {
			break
		}
	}
}

// start sets the planes' static parts to what the labels' own texts say.
func (s *joint) start(p *problem) {
	for l, row := range p.texts {
		_, _, vector := p.rows.row(row)
		for d, x := range vector {
			s.vectors[d*s.width+l] = float32(p.prior * x)
		}
	}
}

// answer fills s.margins for a row, and s.at and s.by.
func (s *joint) answer(packed []uint32, vector []float32) {
	s.at, s.by = s.at[:0], append(s.by[:0], vector...)
	for d := range vector {
		s.at = append(s.at, uint32(d))
	}
	for _, f := range packed {
		s.at = append(s.at, uint32(len(vector))+f&featureMask)
		s.by = append(s.by, float32(int32(f>>featureBits))*valueStep)
	}
	gather(s.margins, s.biases, s.weights, s.at, s.by)
}

// step moves one row's shares and returns by how much they were off, 0 to 2.
func (s *joint) step(p *problem, row int32, shares []float32, labels int, cost float32) float32 {
	packed, middle, vector := p.rows.row(row)
	m := s.margins
	s.answer(packed, vector)
	top := m[0]
	for _, v := range m[1:labels] {
		top = max(top, v)
	}
	sum := float32(0)
	for l, v := range m[:labels] {
		e := decay(top - v)
		s.moves[l] = e
		sum += e
	}
	off, square, gain := float32(0), float32(0), float32(0)
	for l := range labels {
		q := s.moves[l] / sum
		u := q - shares[l]
		s.moves[l] = u
		if u < 0 {
			off -= u
		} else {
			off += u
		}
		square += float32(u * u)
		gain += float32(2*u*u) / (q + shares[l] + 1e-12)
	}
	if off < 1e-3 {
		return off
	}
	length := gain / (gain + cost*p.norms[row]*square)
	for l := range labels {
		shares[l] += float32(length * s.moves[l])
		s.moves[l] *= -length * cost
	}
	fs, fw, fc := float32(p.weights.Static*p.weights.Static), float32(p.weights.Word*p.weights.Word), float32(p.weights.Char*p.weights.Char)
	scale(s.by[:len(vector)], fs)
	scale(s.by[len(vector):len(vector)+middle], fw)
	scale(s.by[len(vector)+middle:], fc)
	scatter(s.weights, s.at, s.by, s.moves)
	addRowGo(s.biases, s.moves, 1)
	return off
}

func scale(x []float32, f float32) {
	for i := range x {
		x[i] *= f
	}
}

// prune sets all but the `keep` largest weights of n-grams of each label to zero.
func (s *joint) prune(keep, labels int) {
	if len(s.grams) <= keep*s.width {
		return
	}
	// Weights by the upper 11 bits of their size: exponent and 3 bits of the mantissa.
	const kinds = 1 << 11
	sizes := make([]int32, s.width*kinds)
	for f := 0; f < len(s.grams); f += s.width {
		for l, w := range s.grams[f : f+labels] {
			sizes[l*kinds+int(math.Float32bits(w)<<1>>21)]++
		}
	}
	least := make([]uint32, labels)
	for l := range least {
		at, n := kinds-1, 0
		for ; at > 0 && n+int(sizes[l*kinds+at]) <= keep; at-- {
			n += int(sizes[l*kinds+at])
		}
		least[l] = uint32(at+1) << 21
	}
	for f := 0; f < len(s.grams); f += s.width {
		for l, w := range s.grams[f : f+labels] {
			if math.Float32bits(w)<<1 < least[l] {
				s.grams[f+l] = 0
			}
		}
	}
}

// planes copies the planes of all labels.
func (s *joint) planes(labels int) []sparsePlane {
	out := make([]sparsePlane, labels)
	for l := range out {
		out[l].vector, out[l].bias = make([]float32, len(s.vectors)/s.width), s.biases[l]
		for d := range out[l].vector {
			out[l].vector[d] = s.vectors[d*s.width+l]
		}
	}
	for f := 0; f < len(s.grams); f += s.width {
		for l, w := range s.grams[f : f+labels] {
			if w != 0 {
				out[l].grams = append(out[l].grams, entry{uint32(f / s.width), w})
			}
		}
	}
	return out
}
