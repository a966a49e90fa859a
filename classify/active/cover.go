package active

import (
	"container/heap"
	"context"
	"sync"

	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// cover chooses rows so that every reference is near to one of them. Vectors are unit vectors of package kernel, one behind
// another.
type cover struct {
	dim        int
	rows       []int16   // to choose from
	unsure     []float64 // by row: how much it counts itself
	references []int16   // padded to a multiple of kernel.Block
	counts     []float64 // by reference: how many texts it stands for
	weights    []float32 // by reference: how much it counts
	nearest    []float32 // by reference: the greatest likeness to what was chosen
}

// likeness is how much of a reference a row stands for, 0 to 1: the cosine, squared, so that what is alike in a general way
// counts little.
func likeness(dot int32) float32 {
	cosine := float32(dot) * (1.0 / (kernel.Unit * kernel.Unit))
	if cosine <= 0 {
		return 0
	}
	return cosine * cosine
}

// room is for the likenesses of a row to the references.
func (c *cover) room() []int32 { return make([]int32, len(c.references)/c.dim) }

func (c *cover) row(i int) []int16 { return c.rows[i*c.dim : (i+1)*c.dim] }

// gain is what choosing a row would bring.
func (c *cover) gain(row int, room []int32) float64 {
	kernel.Dots(room, c.row(row), c.references)
	sum := 0.0
	for i, had := range c.nearest {
		if more := likeness(room[i]) - had; more > 0 {
			sum += float64(c.weights[i] * more)
		}
	}
	return sum * c.unsure[row]
}

// choose enters a vector that is chosen, or labelled already.
func (c *cover) choose(vector []int16, room []int32) {
	kernel.Dots(room, vector, c.references)
	for i := range c.nearest {
		c.nearest[i] = max(c.nearest[i], likeness(room[i]))
	}
}

// bound is the most that a row can bring: what it brought when it was last looked at.
type bound struct {
	row  int
	gain float64
	at   int // how many were chosen then
}

// bounds is a heap, the greatest first, for container/heap.
type bounds []bound

func (b bounds) Len() int      { return len(b) }
func (b bounds) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b *bounds) Push(any)     { panic("active: nothing is pushed") }

func (b bounds) Less(i, j int) bool {
	return b[i].gain > b[j].gain || b[i].gain == b[j].gain && b[i].row < b[j].row
}

func (b *bounds) Pop() any {
	last := len(*b) - 1
	out := (*b)[last]
	*b = (*b)[:last]
	return out
}

// greedy chooses up to count rows, the one that brings most first, as long as they bring something. A gain never grows as
// more is chosen, so whatever comes first in the heap after it was looked at anew is the best.
func (c *cover) greedy(ctx context.Context, count, workers int) ([]int, error) {
	all, err := c.gains(ctx, workers)
	if err != nil {
		return nil, err
	}
	heap.Init(&all)
	room := c.room()
	var chosen []int
	for len(chosen) < count && len(all) > 0 && all[0].gain > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		best := &all[0]
		if best.at < len(chosen) {
			best.gain, best.at = c.gain(best.row, room), len(chosen)
			heap.Fix(&all, 0)
			continue
		}
		c.choose(c.row(best.row), room)
		chosen = append(chosen, best.row)
		heap.Pop(&all)
	}
	return chosen, nil
}

// gains are those of all rows, before the first is chosen.
func (c *cover) gains(ctx context.Context, workers int) (bounds, error) {
	all := make(bounds, len(c.rows)/c.dim)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			room := c.room()
			for i := w; i < len(all) && ctx.Err() == nil; i += workers {
				all[i] = bound{row: i, gain: c.gain(i, room)}
			}
		})
	}
	group.Wait()
	return all, ctx.Err()
}

// alike is the likeness from which on two texts are said to be like one another: a cosine of 0.5.
const alike = 0.25

// like estimates for each chosen row how many texts are like it, and not more like another chosen one.
func (c *cover) like(chosen []int) []float64 {
	nearest, to := make([]float32, len(c.nearest)), make([]int, len(c.nearest))
	room := c.room()
	for n, row := range chosen {
		kernel.Dots(room, c.row(row), c.references)
		for i := range nearest {
			if l := likeness(room[i]); l >= alike && l > nearest[i] {
				nearest[i], to[i] = l, n
			}
		}
	}
	texts := make([]float64, len(chosen))
	for i, l := range nearest {
		if l > 0 {
			texts[to[i]] += c.counts[i]
		}
	}
	return texts
}
