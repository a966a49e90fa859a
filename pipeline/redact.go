package pipeline

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Redactor says what one sink does not get to see of records. The engine calls Plan whenever it plans or reloads, from one
// goroutine.
type Redactor interface {
	// Plan readies the redaction of records with this layout.
	Plan(in *Layout) (Redaction, error)
}

// Redaction hides parts of records. It is immutable, and called from many goroutines at once.
type Redaction interface {
	// Redact returns what the sink gets in place of the view's Record and Result, with as many rows and columns of the same
	// types. It leaves the view's own as they are: other sinks, and the dead letters, have them too. Rows that the view
	// does not have (Batch.Rows) may hold anything that hides them. The engine releases what is returned. An error ends the
	// batch: nothing goes to a sink that was not redacted.
	Redact(ctx context.Context, view *Batch) (record, result arrow.RecordBatch, err error)
}

// planRedactions returns one redaction for each sink, nil where it sees everything; nil where all of them do.
func planRedactions(redactors []Redactor, in *Layout) ([]Redaction, error) {
	var all []Redaction
	for i, r := range redactors {
		if r == nil {
			continue
		}
		made, err := r.Plan(in)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = make([]Redaction, len(redactors))
		}
		all[i] = made
	}
	return all, nil
}

// redact gives the sinks that see less their own records.
func (p *Pipeline) redact(ctx context.Context, b *Batch) error {
	for i, r := range b.gen.redactions {
		v := b.views[i]
		if r == nil || v.Count() == 0 {
			continue
		}
		record, result, err := hide(ctx, r, v)
		if err != nil {
			return err
		}
		v.Record, v.Result, v.redacted = record, result, true
	}
	return nil
}

func hide(ctx context.Context, r Redaction, v *Batch) (record, result arrow.RecordBatch, err error) {
	defer recovered(&err, "a redaction")
	record, result, err = r.Redact(ctx, v)
	if err == nil && (record == nil || record.NumRows() != v.Record.NumRows() || (result == nil) != (v.Result == nil)) {
		err = fault.New(fault.Internal, "a redaction gave other rows than it got")
	}
	return record, result, err
}

// releaseViews releases what views do not share with their batch.
func (b *Batch) releaseViews() {
	for _, v := range b.views {
		v.releaseEncoded()
		if !v.redacted {
			continue
		}
		v.Record.Release()
		if v.Result != nil {
			v.Result.Release()
		}
		v.Record, v.Result, v.redacted = nil, nil, false
	}
}

// MovedEntity is an entity after its text was changed: what stands at its place now, in code points.
type MovedEntity struct {
	Text       string
	Start, End int
	// Hidden takes its id away.
	Hidden bool
}

// MoveEntities returns a column of entities with other texts and places; rows nil: of all rows, else the others have none.
// The caller releases it.
func MoveEntities(alloc memory.Allocator, column *array.List, rows []int32, move func(row, start, end int) MovedEntity) arrow.Array {
	item := column.ListValues().(*array.Struct)
	types := item.Field(EntityType).(*array.Dictionary)
	starts, ends := item.Field(EntityStart).(*array.Int32), item.Field(EntityEnd).(*array.Int32)
	confidences := item.Field(EntityConfidence).(*array.Float32)
	var ids *array.String
	if item.NumField() > EntityID {
		ids = item.Field(EntityID).(*array.String)
	}
	b := newEntityBuilder(alloc, &entityColumns{types: types.Dictionary(), item: item.DataType().(*arrow.StructType), ids: ids != nil})
	defer b.release()
	for row, has := range EachRow(column, rows) {
		if !has {
			b.null()
			continue
		}
		b.row()
		from, to := column.ValueOffsets(row)
		for i := int(from); i < int(to); i++ {
			m := move(row, int(starts.Value(i)), int(ends.Value(i)))
			s := classify.Span{Type: int32(types.GetValueIndex(i)), Confidence: confidences.Value(i)}
			if ids != nil && ids.IsValid(i) && !m.Hidden {
				s.ID = ids.Value(i)
			}
			b.append(s, m.Text, m.Start, m.End)
		}
	}
	return b.array()
}
