package fasttext

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
)

// encoder writes the little-endian values of a model's file, and counts them.
type encoder struct {
	w   *bufio.Writer
	n   int64
	err error
	buf [8]byte
}

func (e *encoder) bytes(b []byte) {
	if e.err == nil {
		var n int
		n, e.err = e.w.Write(b)
		e.n += int64(n)
	}
}

func (e *encoder) byte(b byte) {
	e.buf[0] = b
	e.bytes(e.buf[:1])
}

func (e *encoder) bool(b bool) {
	if b {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) int32s(list ...int) {
	for _, v := range list {
		binary.LittleEndian.PutUint32(e.buf[:4], uint32(v))
		e.bytes(e.buf[:4])
	}
}

func (e *encoder) int64(v int64) {
	binary.LittleEndian.PutUint64(e.buf[:], uint64(v))
	e.bytes(e.buf[:])
}

func (e *encoder) floats(list []float32) {
	for len(list) > 0 && e.err == nil {
		b := e.w.AvailableBuffer()
		if cap(b) < 4 {
			e.err = e.w.Flush()
			continue
		}
		n := min(len(list), cap(b)/4)
		for _, v := range list[:n] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		e.bytes(b)
		list = list[n:]
	}
}

// WriteTo writes the model as a .bin file, or a .ftz file when it is quantized. fastText loads it and answers the same.
// What winnow alone knows stands behind it (trailer.go). The same model gives the same bytes.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	e := &encoder{w: bufio.NewWriterSize(w, 1<<18)}
	a := m.args
	e.int32s(magic, version, a.Dim, a.WindowSize, a.Epoch, a.MinCount, a.Neg, a.WordNgrams, int(a.Loss), supervised,
		a.Bucket, a.MinN, a.MaxN, a.LRUpdateRate)
	e.int64(int64(math.Float64bits(a.T)))
	e.dictionary(m.dict, m.tokens)
	e.bool(m.input.codes != nil)
	e.weights(&m.input)
	e.bool(m.outputFlag)
	e.weights(&m.output)
	end, err := m.trailer.append(nil)
	if err != nil {
		return e.n, err
	}
	e.bytes(end)
	if e.err == nil {
		e.err = e.w.Flush()
	}
	return e.n, e.err
}

func (e *encoder) dictionary(d *dictionary.Dictionary, tokens int64) {
	words, labels, kept := d.Words(), d.Labels(), d.Kept()
	e.int32s(len(words)+len(labels), len(words), len(labels))
	e.int64(tokens)
	if kept == nil {
		e.int64(-1)
	} else {
		e.int64(int64(len(kept)))
	}
	for kind, list := range [][]dictionary.Entry{words, labels} {
		for i := range list {
			e.bytes([]byte(list[i].Text))
			e.byte(0)
			e.int64(list[i].Count)
			e.byte(byte(kind))
		}
	}
	buckets := make([]int32, 0, len(kept))
	for b := range kept {
		buckets = append(buckets, b)
	}
	slices.Sort(buckets)
	for _, b := range buckets {
		e.int32s(int(b), int(kept[b]))
	}
}

func (e *encoder) weights(w *weights) {
	if q := w.codes; q != nil {
		e.bool(q.norms != nil)
		e.int64(int64(q.rows))
		e.int64(int64(q.pq.dim))
		e.int32s(len(q.codes))
		e.bytes(q.codes)
		e.quantizer(q.pq)
		if q.norms != nil {
			e.bytes(q.norms)
			e.quantizer(q.npq)
		}
		return
	}
	e.int64(int64(w.dense.Rows))
	e.int64(int64(w.dense.Dim))
	for i := range w.dense.Rows {
		e.floats(w.dense.Row(i)[:w.dense.Dim])
	}
}

func (e *encoder) quantizer(q *quantizer) {
	e.int32s(q.dim, q.parts, q.width, q.last)
	e.floats(q.values)
}
