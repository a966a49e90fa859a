package pipeline

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The pool's buffers are zeroed, of the right size, never shared, and all of them counted.
func TestPool(t *testing.T) {
	p := newPool()
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 0))
			held := map[byte][]byte{}
			for i := range 2000 {
				mark := byte(i%10) + byte(seed*10) + 1
				size := rng.IntN(1 << rng.IntN(18))
				b, had := held[mark]
				switch {
				case had && rng.IntN(2) == 0:
					grown := p.Reallocate(size, b)
					keep := min(len(b), size)
					if len(grown) != size || bytes.Count(grown[:keep], []byte{mark}) != keep || bytes.Count(grown[keep:], []byte{0}) != size-keep {
						t.Errorf("reallocated from %d to %d: wrong content", len(b), size)
						return
					}
					b = grown
				case had:
					p.Free(b)
					delete(held, mark)
					continue
				default:
					b = p.Allocate(size)
					if len(b) != size || bytes.Count(b, []byte{0}) != size {
						t.Errorf("allocated %d bytes: not zeroed", size)
						return
					}
				}
				for j := range b {
					b[j] = mark
				}
				held[mark] = b
			}
			for _, b := range held {
				p.Free(b)
			}
		})
	}
	wg.Wait()
	if n := p.Used(); n != 0 {
		t.Errorf("%d bytes are in use", n)
	}
}

func TestPoolReusesBuffers(t *testing.T) {
	p := newPool()
	p.Free(p.Allocate(5000))
	if n := testing.AllocsPerRun(100, func() { p.Free(p.Allocate(6000)) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	p.Free(make([]byte, 100))   // foreign and small
	p.Free(make([]byte, 3000))  // foreign and of no class
	p.Free(p.Allocate(1 << 27)) // too large to keep
}

func TestLedgerRefusesGapsAndImbalance(t *testing.T) {
	split := &Split{ID: "s", Start: 10, End: 100}
	for _, c := range []struct {
		name   string
		first  int64
		next   int64
		counts Counts
		want   string
	}{
		{"gap", 11, 20, Counts{}, "batch [11, 20) of s follows offset 10"},
		{"overlap", 9, 20, Counts{}, "batch [9, 20) of s follows offset 10"},
		{"backwards", 10, 9, Counts{}, "batch [10, 9) of s follows offset 10"},
		{"lost row", 10, 20, Counts{Read: 3, Delivered: 1, Dead: 1}, "batch [10, 20) of s: read 3, delivered 1, dead 1, dropped 0"},
		{"doubled row", 10, 20, Counts{Read: 1, Delivered: 1, Dropped: 1}, "batch [10, 20) of s: read 1, delivered 1, dead 0, dropped 1"},
	} {
		l := newLedger([]*Split{split})
		err := l.record(&Batch{Split: split, First: c.first, Next: Position{Offset: c.next}}, c.counts)
		if !fault.Is(err, fault.RunUnbalanced) || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if l.counts != (Counts{}) || l.next(split).Offset != 10 {
			t.Errorf("%s: it was entered", c.name)
		}
	}
}

func TestBatch(t *testing.T) {
	var b Batch
	if b.Len() != 0 || b.Count() != 0 || b.Column("a") != nil || b.Raw(0) != nil || !b.Live(3) {
		t.Errorf("an empty batch: %d rows, %d for a sink", b.Len(), b.Count())
	}
	b.Rows = []int32{1, 2}
	if b.Count() != 2 {
		t.Errorf("%d rows for a sink", b.Count())
	}
	e := &RowErrors{Rows: []RowFault{{Row: 1, Err: fault.New(fault.OutputRows, "no room")}}}
	if e.Error() != "output.rows: no room" {
		t.Errorf("error %q", e)
	}
}
