package answer

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// Read copies an answer into the rows of out that begin at from, and appends its lists. The answer is another process's:
// whatever breaks the contract of a classifier is an error that says what.
func Read(batch arrow.RecordBatch, out *classify.Results, from, rows, labels int) (err error) {
	defer func() {
		if r := recover(); r != nil { // buffers that are shorter than their rows
			err = fmt.Errorf("the batch is damaged: %v", r)
		}
	}()
	if n := batch.NumRows(); n != int64(rows) {
		return fmt.Errorf("%d answers for %d texts", n, rows)
	}
	for i, c := range batch.Columns() {
		if c.NullN() != 0 {
			return fmt.Errorf("the column %s has nulls", batch.ColumnName(i))
		}
	}
	label, confidence := batch.Column(0).(*array.Int32).Int32Values(), batch.Column(1).(*array.Float32).Float32Values()
	reason, tokens := batch.Column(2).(*array.Uint8).Uint8Values(), batch.Column(3).(*array.Int32).Int32Values()
	for i := range rows {
		switch {
		case label[i] < -1 || int(label[i]) >= labels:
			return fmt.Errorf("row %d has the label %d, and there are %d", i, label[i], labels)
		case !(confidence[i] >= 0 && confidence[i] <= 1): // NaN too
			return fmt.Errorf("row %d has the confidence %v", i, confidence[i])
		case reason[i] > uint8(classify.Abstained):
			return fmt.Errorf("row %d has the reason %d", i, reason[i])
		case tokens[i] < 0:
			return fmt.Errorf("row %d has %d tokens", i, tokens[i])
		}
		out.Reason[from+i] = classify.Reason(reason[i])
	}
	copy(out.Label[from:], label)
	copy(out.Confidence[from:], confidence)
	copy(out.Tokens[from:], tokens)
	if batch.NumCols() == 5 {
		return readLists(batch.Column(4).(*array.List), out, labels)
	}
	return nil
}

func readLists(lists *array.List, out *classify.Results, labels int) error {
	values := lists.ListValues().(*array.Struct)
	label, confidence := values.Field(0).(*array.Int32).Int32Values(), values.Field(1).(*array.Float32).Float32Values()
	for i := range lists.Len() {
		start, end := lists.ValueOffsets(i)
		if start < 0 || end < start || end > int64(len(label)) {
			return fmt.Errorf("row %d has the list [%d, %d) of %d labels", i, start, end, len(label))
		}
		for k := start; k < end; k++ {
			if l, c := label[k], confidence[k]; l < 0 || int(l) >= labels || !(c >= 0 && c <= 1) {
				return fmt.Errorf("row %d lists the label %d of %d with confidence %v", i, l, labels, c)
			}
			out.Scores = append(out.Scores, classify.Score{Label: label[k], Confidence: confidence[k]})
		}
		out.Ends = append(out.Ends, int32(len(out.Scores)))
	}
	return nil
}
