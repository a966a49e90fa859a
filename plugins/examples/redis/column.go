package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// column is a field of entries as it is read; the one without a field is the entry's id.
type column struct {
	field  arrow.Field
	key    string
	append func(b array.Builder, value string) *fault.Error
}

// columnsOf are the columns that a configuration names.
func columnsOf(c *config) ([]column, error) {
	columns := make([]column, 0, len(c.Fields)+1)
	for _, f := range c.Fields {
		of := kinds[c.Types[f]]
		columns = append(columns, column{
			key: f, append: of.append,
			field: arrow.Field{Name: c.column(f), Type: of.is, Nullable: true, Metadata: of.metadata},
		})
	}
	if c.IDColumn != "" {
		for _, other := range columns {
			if other.field.Name == c.IDColumn {
				return nil, fmt.Errorf("id_column: the field %s has the column %s", other.key, c.IDColumn)
			}
		}
		columns = append(columns, column{append: appendText, field: arrow.Field{Name: c.IDColumn, Type: arrow.BinaryTypes.String}})
	}
	return columns, nil
}

// kind is what a field may hold: as which type it is read, and how a value is appended. An error is the record's.
type kind struct {
	is       arrow.DataType
	metadata arrow.Metadata
	append   func(b array.Builder, value string) *fault.Error
}

var kinds = map[string]kind{
	"":        {is: arrow.BinaryTypes.String, append: appendText},
	"text":    {is: arrow.BinaryTypes.String, append: appendText},
	"json":    {is: arrow.BinaryTypes.String, append: appendJSON, metadata: pipeline.JSONText},
	"bytes":   {is: arrow.BinaryTypes.Binary, append: appendBytes},
	"integer": {is: arrow.PrimitiveTypes.Int64, append: appendInteger},
	"number":  {is: arrow.PrimitiveTypes.Float64, append: appendNumber},
	"boolean": {is: arrow.FixedWidthTypes.Boolean, append: appendBoolean},
}

func appendText(b array.Builder, value string) *fault.Error {
	if !utf8.ValidString(value) {
		return fault.New(fault.RecordUTF8, "it is not valid UTF-8: read it as bytes, if it is none")
	}
	b.(*array.StringBuilder).Append(value)
	return nil
}

func appendJSON(b array.Builder, value string) *fault.Error {
	if !json.Valid([]byte(value)) {
		return fault.New(fault.RecordType, "it is not JSON")
	}
	return appendText(b, value)
}

func appendBytes(b array.Builder, value string) *fault.Error {
	b.(*array.BinaryBuilder).AppendString(value)
	return nil
}

func appendInteger(b array.Builder, value string) *fault.Error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return fault.New(fault.RecordType, "it is not an integer of 64 bits")
	}
	b.(*array.Int64Builder).Append(n)
	return nil
}

func appendNumber(b array.Builder, value string) *fault.Error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fault.New(fault.RecordType, "it is not a number")
	}
	b.(*array.Float64Builder).Append(n)
	return nil
}

func appendBoolean(b array.Builder, value string) *fault.Error {
	yes, err := strconv.ParseBool(value)
	if err != nil {
		return fault.New(fault.RecordType, "it is neither true nor false")
	}
	b.(*array.BooleanBuilder).Append(yes)
	return nil
}
