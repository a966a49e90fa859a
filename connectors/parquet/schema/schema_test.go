package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

// TestBuildAndParse writes each type and reads back what it becomes; "" is the type itself.
func TestBuildAndParse(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	for want, types := range map[string][]arrow.DataType{
		"": {
			arrow.Null, arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float64,
			arrow.FixedWidthTypes.Float16, arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, &arrow.FixedSizeBinaryType{ByteWidth: 3},
			arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns, arrow.FixedWidthTypes.Timestamp_us,
			&arrow.Decimal128Type{Precision: 20, Scale: 20}, &arrow.Decimal256Type{Precision: 76, Scale: 0},
			arrow.ListOf(arrow.MapOf(arrow.BinaryTypes.String, arrow.StructOf(field("x", arrow.PrimitiveTypes.Int16)))),
		},
		"utf8":                  {dict, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView},
		"binary":                {arrow.BinaryTypes.LargeBinary, arrow.BinaryTypes.BinaryView},
		"int64":                 {arrow.FixedWidthTypes.Duration_s},
		"date32":                {arrow.FixedWidthTypes.Date64},
		"time32[ms]":            {arrow.FixedWidthTypes.Time32s},
		"timestamp[ms, tz=UTC]": {arrow.FixedWidthTypes.Timestamp_s},
		"list<element: int32, nullable>": {
			arrow.LargeListOf(arrow.PrimitiveTypes.Int32), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32),
		},
	} {
		for _, typ := range types {
			elements, err := schema.Build([]arrow.Field{field("f", typ)})
			if err != nil {
				t.Errorf("%s: %v", typ, err)
				continue
			}
			tree, err := schema.Parse(elements)
			if err != nil {
				t.Errorf("%s: %v", typ, err)
				continue
			}
			got := tree.Schema(nil).Field(0).Type
			if want == "" && !arrow.TypeEqual(got, typ) || want != "" && got.String() != want {
				t.Errorf("%s became %s", typ, got)
			}
		}
	}
	for _, typ := range []arrow.DataType{arrow.StructOf(), arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), arrow.ListOf(arrow.StructOf())} {
		if _, err := schema.Build([]arrow.Field{field("f", typ)}); err == nil {
			t.Errorf("%s has a form in Parquet", typ)
		}
	}
}

func TestLogicalTypesAreKept(t *testing.T) {
	for kind, typ := range map[string]arrow.DataType{
		"JSON": arrow.BinaryTypes.String, "ENUM": arrow.BinaryTypes.String, "BSON": arrow.BinaryTypes.Binary,
		"UUID": &arrow.FixedSizeBinaryType{ByteWidth: 16}, "INTERVAL": &arrow.FixedSizeBinaryType{ByteWidth: 12},
	} {
		f := field("f", typ)
		f.Metadata = schema.LogicalMetadata(kind)
		elements, err := schema.Build([]arrow.Field{f})
		if err != nil {
			t.Fatal(err)
		}
		tree, err := schema.Parse(elements)
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Fields[0].Field; !got.Equal(f) {
			t.Errorf("%s became %v", kind, got)
		}
	}
}

func leaf(name string, rep format.FieldRepetitionType, typ format.Type) format.SchemaElement {
	e := format.SchemaElement{Name: name}
	e.RepetitionType.Set(rep)
	e.Type.Set(typ)
	return e
}

func group(name string, rep format.FieldRepetitionType, n int32, converted ...deprecated.ConvertedType) format.SchemaElement {
	e := format.SchemaElement{Name: name}
	e.RepetitionType.Set(rep)
	e.NumChildren.Set(n)
	for _, c := range converted {
		e.ConvertedType.Set(c)
	}
	return e
}

// TestOlderForms parses what writers made before the three-level lists, by the rules of LogicalTypes.md.
func TestOlderForms(t *testing.T) {
	root := group("root", format.Required, 1)
	list := group("my_list", format.Optional, 1, deprecated.List)
	for want, elements := range map[string][]format.SchemaElement{
		"list<element: int32>":                      {leaf("element", format.Repeated, format.Int32)},
		"list<array: int32>":                        {list, leaf("array", format.Repeated, format.Int32)},
		"list<element: struct<a: int32, b: int32>>": {list, group("element", format.Repeated, 2), leaf("a", format.Required, format.Int32), leaf("b", format.Required, format.Int32)},
		"list<array: struct<str: binary>>":          {list, group("array", format.Repeated, 1), leaf("str", format.Required, format.ByteArray)},
		"list<my_list_tuple: struct<str: binary>>":  {list, group("my_list_tuple", format.Repeated, 1), leaf("str", format.Required, format.ByteArray)},
		"list<element: binary, nullable>":           {list, group("list", format.Repeated, 1), leaf("element", format.Optional, format.ByteArray)},
		"map<binary, int32>":                        {group("m", format.Optional, 1, deprecated.MapKeyValue), group("map", format.Repeated, 2), leaf("key", format.Required, format.ByteArray), leaf("value", format.Required, format.Int32)},
		"list<element: struct<key: binary>>":        {group("m", format.Repeated, 1), leaf("key", format.Required, format.ByteArray)},
		"struct<bag: list<element: int32>>":         {group("s", format.Optional, 1), leaf("bag", format.Repeated, format.Int32)},
	} {
		tree, err := schema.Parse(append([]format.SchemaElement{root}, elements...))
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if got := fmt.Sprint(tree.Fields[0].Field.Type); strings.ReplaceAll(got, ", items_non_nullable", "") != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestOlderAnnotations(t *testing.T) {
	for c, want := range map[deprecated.ConvertedType]string{
		deprecated.Int8: "int8", deprecated.Int16: "int16", deprecated.Int32: "int32", deprecated.Uint8: "uint8", deprecated.Uint16: "uint16",
		deprecated.Uint32: "uint32", deprecated.Date: "date32", deprecated.TimeMillis: "time32[ms]", deprecated.Decimal: "decimal(9, 2)",
		deprecated.Int64: "int64", deprecated.Uint64: "uint64", deprecated.TimeMicros: "time64[us]",
		deprecated.TimestampMillis: "timestamp[ms, tz=UTC]", deprecated.TimestampMicros: "timestamp[us, tz=UTC]",
		deprecated.UTF8: "utf8", deprecated.Enum: "utf8", deprecated.Json: "utf8", deprecated.Bson: "binary",
	} {
		typ := format.Int32
		switch c {
		case deprecated.Int64, deprecated.Uint64, deprecated.TimeMicros, deprecated.TimestampMillis, deprecated.TimestampMicros:
			typ = format.Int64
		case deprecated.UTF8, deprecated.Enum, deprecated.Json, deprecated.Bson:
			typ = format.ByteArray
		}
		e := leaf("f", format.Required, typ)
		e.ConvertedType.Set(c)
		e.Precision.Set(9)
		e.Scale.Set(2)
		tree, err := schema.Parse([]format.SchemaElement{group("root", format.Required, 1), e})
		if err != nil {
			t.Errorf("%d: %v", c, err)
			continue
		}
		if got := tree.Fields[0].Field.Type.String(); got != want {
			t.Errorf("%d is %s, want %s", c, got, want)
		}
	}
}

func TestBadSchemas(t *testing.T) {
	one := group("root", format.Required, 1)
	none := format.SchemaElement{Name: "f"}
	none.Type.Set(format.Int32)
	decimal := leaf("f", format.Required, format.Int32)
	decimal.LogicalType.Value = &format.DecimalType{Precision: 3, Scale: 5}
	deep := []format.SchemaElement{one}
	for range 200 {
		deep = append(deep, group("g", format.Optional, 1))
	}
	for name, elements := range map[string][]format.SchemaElement{
		"empty":           {},
		"cut":             {group("root", format.Required, 2), leaf("a", format.Required, format.Int32)},
		"too long":        {one, leaf("a", format.Required, format.Int32), leaf("b", format.Required, format.Int32)},
		"no repetition":   {one, none},
		"bad repetition":  {one, leaf("a", 7, format.Int32)},
		"bad type":        {one, leaf("a", format.Required, 12)},
		"no width":        {one, leaf("a", format.Required, format.FixedLenByteArray)},
		"negative fields": {one, group("g", format.Required, -1)},
		"no fields":       {one, group("g", format.Required, 0)},
		"decimal":         {one, decimal},
		"deep":            deep,
		"cut list":        {one, group("l", format.Optional, 1, deprecated.List), group("list", format.Repeated, 1)},
	} {
		_, err := schema.Parse(elements)
		var unsupported *page.Unsupported
		if !errors.Is(err, page.ErrCorrupt) && !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleParse() {
	elements, err := schema.Build([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	})
	if err != nil {
		panic(err)
	}
	tree, err := schema.Parse(elements)
	if err != nil {
		panic(err)
	}
	for _, c := range tree.Columns {
		fmt.Println(strings.Join(c.Path, "."), c.Physical, c.MaxDef, c.MaxRep)
	}
	// Output:
	// id INT64 0 0
	// tags.list.element BYTE_ARRAY 3 1
}
