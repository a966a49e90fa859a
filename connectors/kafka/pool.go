package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// recordPool keeps the slices that fetched records are decoded into. A batch copies what it needs of a record and then
// recycles it (kgo.Record.Recycle).
type recordPool struct{ free sync.Pool }

var _ kgo.PoolRecords = (*recordPool)(nil)

// GetRecords returns an empty slice with room for n records.
func (p *recordPool) GetRecords(n int) []kgo.Record {
	if s, ok := p.free.Get().(*[]kgo.Record); ok && cap(*s) >= n {
		return (*s)[:0]
	}
	return make([]kgo.Record, 0, n+n/4)
}

// PutRecords takes a slice back.
func (p *recordPool) PutRecords(s []kgo.Record) { p.free.Put(&s) }
