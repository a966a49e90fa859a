package fasttext

import "github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"

// weights are a matrix as plain rows, as codes, or both: then the rows are what the codes stand for.
type weights struct {
	dense *Matrix
	codes *quantized
}

// inflate makes plain rows of codes where that is no large matrix, nor a huge one for the size of its file.
func (w *weights) inflate(fileSize int64, spare int) {
	size := 4 * int64(w.codes.rows+spare) * int64(kernel.Pad(w.codes.pq.dim))
	if size <= maxInflated && size/maxInflation <= fileSize {
		w.dense = w.codes.inflate(spare)
	}
}

// rows is the number of rows.
func (w *weights) rows() int {
	if w.dense != nil {
		return w.dense.Rows
	}
	return w.codes.rows
}

// average sets acc to the sum of rows, in their order, times scale.
func (w *weights) average(acc []float32, ids []int32, scale float32) {
	if w.dense != nil {
		kernel.Average(acc, w.dense.Data, ids, scale)
		return
	}
	w.codes.average(acc, ids, scale)
}
