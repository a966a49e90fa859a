package cascade

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// keepBytes bounds the texts that a gatherer keeps room for between calls: 4 MiB.
const keepBytes = 4 << 20

// gatherer copies some texts of a batch into an array of its own, whose memory it uses again and again. The zero
// gatherer is ready to use.
type gatherer struct {
	offsets []int32
	values  []byte
	buffers [3]*memory.Buffer
	data    *array.Data
	texts   *array.String
}

// gather returns the texts of rows, which are not null, in order. What it returns is valid until the next call.
func (g *gatherer) gather(texts *array.String, rows []int32) *array.String {
	if g.texts == nil {
		g.buffers = [3]*memory.Buffer{nil, memory.NewBufferBytes(nil), memory.NewBufferBytes(nil)}
		g.data = array.NewData(arrow.BinaryTypes.String, 0, g.buffers[:], nil, 0, 0)
		g.texts = array.NewStringData(g.data)
	}
	if cap(g.values) > keepBytes {
		g.values = nil
	}
	g.offsets, g.values = append(g.offsets[:0], 0), g.values[:0]
	for _, row := range rows {
		g.values = append(g.values, texts.Value(int(row))...)
		g.offsets = append(g.offsets, int32(len(g.values)))
	}
	g.buffers[1].Reset(arrow.Int32Traits.CastToBytes(g.offsets))
	g.buffers[2].Reset(g.values)
	g.data.Reset(arrow.BinaryTypes.String, len(rows), g.buffers[:], nil, 0, 0)
	g.texts.Reset(g.data)
	return g.texts
}
