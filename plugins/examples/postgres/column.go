package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/winnow-stream/winnow/pipeline"
)

// selected is a column that is read: what it is called, how SQL gives it, and how it becomes a value of an Arrow column.
type selected struct {
	field arrow.Field
	expr  string
	value func() value
}

// value takes a column's values one after another.
type value interface {
	// target is what a row's column is scanned into.
	target() any
	// size is how many bytes were scanned.
	size() int
	// appendTo appends what was scanned.
	appendTo(b array.Builder) error
}

// selection looks at what a relation's columns are. Numbers, texts, dates, times and bytes keep their types; JSON, arrays and
// composites come as JSON, and everything else as text.
func selection(ctx context.Context, conn *pgx.Conn, from string) (columns []selected, notes []string, err error) {
	rows, err := conn.Query(ctx, "SELECT * FROM "+from+" LIMIT 0")
	if err != nil {
		return nil, nil, err
	}
	described := slices.Clone(rows.FieldDescriptions())
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	types := make([]uint32, len(described))
	for i, d := range described {
		types[i] = d.DataTypeOID
	}
	nested := make(map[uint32]bool)
	var oid uint32
	rows, _ = conn.Query(ctx, "SELECT oid FROM pg_type WHERE oid = ANY($1) AND typcategory IN ('A', 'C')", types)
	if _, err := pgx.ForEachRow(rows, []any{&oid}, func() error {
		nested[oid] = true
		return nil
	}); err != nil {
		return nil, nil, err
	}
	for _, d := range described {
		if strings.HasPrefix(d.Name, "_") {
			notes = append(notes, fmt.Sprintf("the column %s is left out: its name begins with an underscore", d.Name))
			continue
		}
		columns = append(columns, selectedOf(d.Name, d.DataTypeOID, nested[d.DataTypeOID]))
	}
	return columns, notes, nil
}

// selectedOf is a column of a type.
func selectedOf(name string, oid uint32, nested bool) selected {
	quoted := quoted("", name)
	c := selected{expr: quoted, field: arrow.Field{Name: name, Nullable: true}}
	set := func(t arrow.DataType, v func() value) { c.field.Type, c.value = t, v }
	switch oid {
	case pgtype.BoolOID:
		set(arrow.FixedWidthTypes.Boolean, func() value { return new(boolean) })
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		set(arrow.PrimitiveTypes.Int64, func() value { return new(integer) })
	case pgtype.Float4OID, pgtype.Float8OID:
		set(arrow.PrimitiveTypes.Float64, func() value { return new(float) })
	case pgtype.ByteaOID:
		set(arrow.BinaryTypes.Binary, func() value { return new(binary) })
	case pgtype.DateOID:
		set(arrow.FixedWidthTypes.Date32, func() value { return new(date) })
	case pgtype.TimestampOID:
		set(&arrow.TimestampType{Unit: arrow.Microsecond}, func() value { return new(timestamp) })
	case pgtype.TimestamptzOID:
		set(arrow.FixedWidthTypes.Timestamp_us, func() value { return new(timestamptz) })
	default:
		set(arrow.BinaryTypes.String, func() value { return new(text) })
		switch {
		case oid == pgtype.JSONOID, oid == pgtype.JSONBOID:
			c.field.Metadata = pipeline.JSONText
		case nested:
			c.expr, c.field.Metadata = "to_jsonb("+quoted+")", pipeline.JSONText
		}
		c.expr += "::text"
	}
	return c
}

type (
	boolean     struct{ pgtype.Bool }
	integer     struct{ pgtype.Int8 }
	float       struct{ pgtype.Float8 }
	date        struct{ pgtype.Date }
	timestamp   struct{ pgtype.Timestamp }
	timestamptz struct{ pgtype.Timestamptz }
	text        struct{ pgtype.Text }
	binary      struct{ bytes []byte }
)

func (v *boolean) target() any     { return &v.Bool }
func (v *integer) target() any     { return &v.Int8 }
func (v *float) target() any       { return &v.Float8 }
func (v *date) target() any        { return &v.Date }
func (v *timestamp) target() any   { return &v.Timestamp }
func (v *timestamptz) target() any { return &v.Timestamptz }
func (v *text) target() any        { return &v.Text }
func (v *binary) target() any      { return &v.bytes }

func (v *boolean) size() int     { return 1 }
func (v *integer) size() int     { return 8 }
func (v *float) size() int       { return 8 }
func (v *date) size() int        { return 4 }
func (v *timestamp) size() int   { return 8 }
func (v *timestamptz) size() int { return 8 }
func (v *text) size() int        { return len(v.String) }
func (v *binary) size() int      { return len(v.bytes) }

func (v *boolean) appendTo(b array.Builder) error {
	return appendValue(b, v.Valid, func() { b.(*array.BooleanBuilder).Append(v.Bool.Bool) })
}

func (v *integer) appendTo(b array.Builder) error {
	return appendValue(b, v.Valid, func() { b.(*array.Int64Builder).Append(v.Int64) })
}

func (v *float) appendTo(b array.Builder) error {
	return appendValue(b, v.Valid, func() { b.(*array.Float64Builder).Append(v.Float64) })
}

func (v *text) appendTo(b array.Builder) error {
	return appendValue(b, v.Valid, func() { b.(*array.StringBuilder).Append(v.String) })
}

func (v *binary) appendTo(b array.Builder) error {
	return appendValue(b, v.bytes != nil, func() { b.(*array.BinaryBuilder).Append(v.bytes) })
}

func (v *date) appendTo(b array.Builder) error {
	return appendTime(b, v.Valid, v.InfinityModifier, func() { b.(*array.Date32Builder).Append(arrow.Date32FromTime(v.Time)) })
}

func (v *timestamp) appendTo(b array.Builder) error {
	return appendMicroseconds(b, v.Valid, v.InfinityModifier, v.Time)
}

func (v *timestamptz) appendTo(b array.Builder) error {
	return appendMicroseconds(b, v.Valid, v.InfinityModifier, v.Time)
}

// appendValue appends a value by a function, or a null.
func appendValue(b array.Builder, valid bool, put func()) error {
	if !valid {
		b.AppendNull()
		return nil
	}
	put()
	return nil
}

func appendMicroseconds(b array.Builder, valid bool, infinity pgtype.InfinityModifier, t time.Time) error {
	return appendTime(b, valid, infinity, func() { b.(*array.TimestampBuilder).Append(arrow.Timestamp(t.UnixMicro())) })
}

// appendTime is appendValue for a time, which may be none that can be told: then it appends a null, and says so.
func appendTime(b array.Builder, valid bool, infinity pgtype.InfinityModifier, put func()) error {
	if valid && infinity != pgtype.Finite {
		b.AppendNull()
		return errors.New("an infinite time can't be told")
	}
	return appendValue(b, valid, put)
}
