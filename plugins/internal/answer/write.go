package answer

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

// Write is results as an answer. The batch lies over their memory: it is valid as long as they are. Without lists, those
// that there are stay behind.
func Write(r *classify.Results, lists bool) arrow.RecordBatch {
	n := r.Len()
	columns := []arrow.ArrayData{
		fixed(arrow.PrimitiveTypes.Int32, n, arrow.Int32Traits.CastToBytes(r.Label)),
		fixed(arrow.PrimitiveTypes.Float32, n, arrow.Float32Traits.CastToBytes(r.Confidence)),
		fixed(arrow.PrimitiveTypes.Uint8, n, bytesOf(r.Reason)),
		fixed(arrow.PrimitiveTypes.Int32, n, arrow.Int32Traits.CastToBytes(r.Tokens)),
	}
	if lists {
		columns = append(columns, listed(r))
	}
	arrays := make([]arrow.Array, len(columns))
	for i, c := range columns {
		arrays[i] = array.MakeFromData(c)
		c.Release()
		defer arrays[i].Release()
	}
	return array.NewRecordBatch(Schema(lists), arrays, int64(n))
}

func fixed(t arrow.DataType, n int, values []byte) arrow.ArrayData {
	return array.NewData(t, n, []*memory.Buffer{nil, memory.NewBufferBytes(values)}, nil, 0, 0)
}

// bytesOf are the reasons as their numbers.
func bytesOf(r []classify.Reason) []byte {
	return unsafe.Slice((*byte)(unsafe.SliceData(r)), len(r))
}

// listed are the lists of labels. Results without lists have empty ones.
func listed(r *classify.Results) arrow.ArrayData {
	n := r.Len()
	ends := make([]int32, 1, n+1)
	ends = append(ends, r.Ends...)
	ends = append(ends, make([]int32, n+1-len(ends))...)
	labels, confidences := make([]int32, len(r.Scores)), make([]float32, len(r.Scores))
	for i, s := range r.Scores {
		labels[i], confidences[i] = s.Label, s.Confidence
	}
	children := []arrow.ArrayData{
		fixed(arrow.PrimitiveTypes.Int32, len(labels), arrow.Int32Traits.CastToBytes(labels)),
		fixed(arrow.PrimitiveTypes.Float32, len(labels), arrow.Float32Traits.CastToBytes(confidences)),
	}
	values := array.NewData(scores, len(labels), []*memory.Buffer{nil}, children, 0, 0)
	defer values.Release()
	for _, c := range children {
		c.Release()
	}
	offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(ends))
	return array.NewData(arrow.ListOfNonNullable(scores), n, []*memory.Buffer{nil, offsets}, []arrow.ArrayData{values}, 0, 0)
}
