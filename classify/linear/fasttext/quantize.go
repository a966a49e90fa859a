package fasttext

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Quantization says how to make a model small (Joulin et al., FastText.zip, 2016), by the names of fastText's command
// line. fastText's -retrain, which trains the rows that are left once more, has no counterpart.
type Quantization struct {
	Cutoff  int    // -cutoff: rows of the input to keep, those of the greatest length; 0 keeps all
	Width   int    // -dsub: components that share a code; 0 is 2
	Norms   bool   // -qnorm: lengths of rows get codes of their own
	Output  bool   // -qout: the output matrix too, which needs 256 labels or more
	Seed    uint64 // of the random numbers
	Threads int    // parts of rows that are worked on at once; 0 is as many as Go runs. It changes no result.
}

// Quantize makes a small model of one whose matrices are plain, as .ftz files have them. It needs 256 rows. The same seed
// gives the same model.
func (m *Model) Quantize(ctx context.Context, q Quantization) (*Model, error) {
	if q.Width == 0 {
		q.Width = 2
	}
	if q.Threads == 0 {
		q.Threads = runtime.GOMAXPROCS(0)
	}
	if q.Cutoff < 0 || q.Width < 1 || q.Threads < 1 {
		return nil, fault.New(fault.ConfigField, "cutoff %d, width %d, threads %d: want positive numbers", q.Cutoff, q.Width, q.Threads)
	}
	if m.input.codes != nil || m.output.codes != nil {
		return nil, fault.New(fault.ConfigField, "the model is quantized already")
	}
	small := &Model{args: m.args, dict: m.dict, tokens: m.tokens, output: m.output, outputFlag: q.Output}
	small.trailer.Calibration = m.trailer.Calibration
	if !slices.Equal(m.labels, plainLabels(m.dict)) {
		small.trailer.Labels = m.labels
	}
	input := m.input.dense
	if q.Cutoff > 0 && q.Cutoff < input.Rows {
		var err error
		if small.dict, input, err = m.prune(q.Cutoff); err != nil {
			return nil, err
		}
	}
	var err error
	if small.input.codes, err = q.quantize(ctx, input, q.Width); err != nil {
		return nil, fmt.Errorf("quantize the input: %w", err)
	}
	if q.Output {
		if small.output.codes, err = q.quantize(ctx, m.output.dense, min(2, m.args.Dim)); err != nil {
			return nil, fmt.Errorf("quantize the output: %w", err)
		}
		small.output.dense = small.output.codes.inflate(0)
	}
	small.input.inflate(math.MaxInt64, small.spare())
	return small, small.finish()
}

// prune keeps the rows of the greatest length: the end of the line's before all, then by length. Words stay in their
// order, and buckets are numbered by theirs.
func (m *Model) prune(cutoff int) (*dictionary.Dictionary, *Matrix, error) {
	in, words := m.input.dense, m.dict.Words()
	eos := int(m.dict.Find([]byte(dictionary.EOS)))
	lengths := make([]float32, in.Rows)
	for i := range lengths {
		lengths[i] = length(in.Row(i))
	}
	if eos >= 0 && eos < len(words) {
		lengths[eos] = math.MaxFloat32
	}
	rows := make([]int, in.Rows)
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(lengths[b], lengths[a]) })
	rows = rows[:cutoff]
	slices.SortStableFunc(rows, func(a, b int) int { // words first, in their order
		return cmp.Compare(min(a, len(words)), min(b, len(words)))
	})
	kept, left := map[int32]int32{}, []dictionary.Entry(nil)
	pruned := NewMatrix(cutoff, in.Dim)
	for i, row := range rows {
		copy(pruned.Row(i), in.Row(row))
		if row < len(words) {
			left = append(left, words[row])
		} else {
			kept[int32(row-len(words))] = int32(len(kept))
		}
	}
	dict, err := dictionary.New(m.dict.Options, left, m.dict.Labels(), kept)
	return dict, pruned, err
}

// length is the Euclidean length of a row.
func length(row []float32) float32 {
	sum := 0.0
	for _, v := range row {
		sum += float64(v) * float64(v)
	}
	return float32(math.Sqrt(sum))
}

// quantize finds centroids for each part of the rows, and codes.
func (q Quantization) quantize(ctx context.Context, in *Matrix, width int) (*quantized, error) {
	width = min(width, in.Dim)
	if in.Rows < centroids {
		return nil, fault.New(fault.ConfigField, "a matrix of %d rows has too few for %d codes", in.Rows, centroids).
			WithFix("keep the model as it is: it is small")
	}
	parts := (in.Dim + width - 1) / width
	last := in.Dim - (parts-1)*width
	out := &quantized{
		rows: in.Rows, codes: make([]byte, in.Rows*parts),
		pq: &quantizer{in.Dim, parts, width, last, make([]float32, in.Dim*centroids)},
	}
	scale := make([]float32, in.Rows)
	for i := range scale {
		scale[i] = 1
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(q.Threads)
	if q.Norms {
		norms := make([]float32, in.Rows)
		for i := range norms {
			if norms[i] = length(in.Row(i)); norms[i] != 0 {
				scale[i] = 1 / norms[i]
			}
		}
		out.norms = make([]byte, in.Rows)
		out.npq = &quantizer{1, 1, 1, 1, make([]float32, centroids)}
		group.Go(func() error {
			c := cluster{points: norms, width: 1, values: out.npq.values, random: rand.New(rand.NewPCG(q.Seed, 1<<32))}
			return c.run(ctx, out.norms, 1)
		})
	}
	for part := range parts {
		group.Go(func() error {
			n := width
			if part == parts-1 {
				n = last
			}
			points := make([]float32, 0, in.Rows*n)
			for i := range in.Rows {
				for _, v := range in.Row(i)[part*width:][:n] {
					points = append(points, v*scale[i])
				}
			}
			c := cluster{points, n, out.pq.values[part*centroids*width:][:centroids*n], rand.New(rand.NewPCG(q.Seed, uint64(part)))}
			return c.run(ctx, out.codes[part:], parts)
		})
	}
	return out, group.Wait()
}

// cluster is k-means with 256 centroids over points of a few components.
type cluster struct {
	points []float32 // n × width
	width  int
	values []float32 // 256 × width, the centroids
	random *rand.Rand
}

const (
	rounds     = 25               // of k-means, as in fastText
	maxLearned = 256 * centroids  // points that centroids are learned from
	nudge      = float32(1.0e-07) // what sets the halves of a split centroid apart
)

// run learns the centroids and writes each point's code, stride bytes apart.
func (c *cluster) run(ctx context.Context, codes []byte, stride int) error {
	n := len(c.points) / c.width
	chosen := c.random.Perm(n)[:min(n, maxLearned)]
	for k := range centroids {
		copy(c.centroid(k), c.point(chosen[k]))
	}
	learned := make([]byte, len(chosen))
	for range rounds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for i, p := range chosen {
			learned[i] = c.nearest(c.point(p))
		}
		c.move(chosen, learned)
	}
	for i := range n {
		if i%maxLearned == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		codes[i*stride] = c.nearest(c.point(i))
	}
	return nil
}

func (c *cluster) point(i int) []float32    { return c.points[i*c.width:][:c.width] }
func (c *cluster) centroid(k int) []float32 { return c.values[k*c.width:][:c.width] }

// nearest is the first of the nearest centroids.
func (c *cluster) nearest(p []float32) byte {
	best, least := 0, float32(math.MaxFloat32)
	if len(p) == 2 { // the usual width
		x, y := p[0], p[1]
		for k := range centroids {
			dx, dy := x-c.values[2*k], y-c.values[2*k+1]
			if d := float32(dx*dx) + float32(dy*dy); d < least {
				best, least = k, d
			}
		}
		return byte(best)
	}
	for k := range centroids {
		d := float32(0)
		for i, v := range c.centroid(k) {
			d += float32((p[i] - v) * (p[i] - v))
		}
		if d < least {
			best, least = k, d
		}
	}
	return byte(best)
}

// move puts each centroid into the middle of its points. One that has none takes half of those of another, chosen with a
// probability that grows with its points.
func (c *cluster) move(chosen []int, codes []byte) {
	var count [centroids]int
	clear(c.values)
	for i, p := range chosen {
		count[codes[i]]++
		for d, v := range c.point(p) {
			c.values[int(codes[i])*c.width+d] += v
		}
	}
	for k, n := range count {
		for d := range c.centroid(k) {
			if n > 0 {
				c.values[k*c.width+d] /= float32(n)
			}
		}
	}
	for k, n := range count {
		if n > 0 || len(chosen) == centroids {
			continue
		}
		from := 0
		for c.random.Float64()*float64(len(chosen)-centroids) >= float64(count[from]-1) {
			from = (from + 1) % centroids
		}
		copy(c.centroid(k), c.centroid(from))
		for d := range c.width {
			away := nudge
			if d%2 == 0 {
				away = -nudge
			}
			c.centroid(k)[d] += away
			c.centroid(from)[d] -= away
		}
		count[k] = count[from] / 2
		count[from] -= count[k]
	}
}
