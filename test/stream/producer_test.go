//go:build integration

package stream

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/corpus"
)

// poison is how often a record is not JSON: it belongs into the dead letters.
const poison = 10_007

// producer writes numbered records at a steady rate. Record n is in partition n mod partitions, and every poison-th of
// them is no JSON.
type producer struct {
	s      *scene
	cl     *kgo.Client
	texts  *corpus.Corpus
	spread int64 // over so many partitions
	next   int64
	acked  atomic.Int64
	failed atomic.Pointer[error]
	stop   context.CancelFunc
	done   sync.WaitGroup
}

func newProducer(s *scene) *producer {
	texts, err := corpus.Open("../..")
	s.must(err)
	return &producer{s: s, texts: texts, spread: partitions, cl: s.client(
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedRecords(1_000_000),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()),
	)}
}

// record makes record n.
func (p *producer) record(n int64) *kgo.Record {
	value := fmt.Appendf(nil, `{"id":%d,"text":%q}`, n, p.texts.Short(int(n)))
	if n%poison == poison-1 {
		value = fmt.Appendf(nil, `id %d`, n)
	}
	return &kgo.Record{Topic: p.s.topic("in"), Partition: int32(n % p.spread), Key: fmt.Appendf(nil, "k%d", n%1000), Value: value}
}

// begin produces until end is called, at so many records a second.
func (p *producer) begin(rate int) {
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		begun, first := time.Now(), p.next
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for due := first + int64(time.Since(begun).Seconds()*float64(rate)); p.next < due; p.next++ {
				p.send(p.next)
			}
		}
	})
}

func (p *producer) send(n int64) {
	p.cl.Produce(context.Background(), p.record(n), func(_ *kgo.Record, err error) {
		if err != nil {
			p.failed.CompareAndSwap(nil, &err)
			return
		}
		p.acked.Add(1)
	})
}

// atLeast goes on producing until so many records were sent.
func (p *producer) atLeast(n int64) {
	for p.acked.Load() < n && p.failed.Load() == nil {
		time.Sleep(50 * time.Millisecond)
	}
}

// end stops and returns how many records there are.
func (p *producer) end() int64 {
	p.s.t.Helper()
	p.stop()
	p.done.Wait()
	p.s.must(p.cl.Flush(p.s.t.Context()))
	if err := p.failed.Load(); err != nil {
		p.s.t.Fatal("producing: ", *err)
	}
	return p.next
}
