package schema

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Build returns the schema in Parquet's terms that holds the fields, as a footer lists it. Parse of the list gives the
// tree that a writer follows. Types that Parquet lacks are written as the nearest that loses nothing: seconds as
// milliseconds, durations as integers, views and large types as plain ones, dictionaries as their values.
func Build(fields []arrow.Field) ([]format.SchemaElement, error) {
	root := format.SchemaElement{Name: "schema"}
	root.NumChildren.Set(int32(len(fields)))
	b := builder{elements: []format.SchemaElement{root}}
	for _, f := range fields {
		if err := b.field(f, repetition(f.Nullable)); err != nil {
			return nil, err
		}
	}
	return b.elements, nil
}

type builder struct{ elements []format.SchemaElement }

func repetition(nullable bool) format.FieldRepetitionType {
	if nullable {
		return format.Optional
	}
	return format.Required
}

func element(name string, rep format.FieldRepetitionType) format.SchemaElement {
	return format.SchemaElement{Name: name, RepetitionType: thrift.New(rep)}
}

func (b *builder) group(name string, rep format.FieldRepetitionType, n int, logical format.LogicalTypeValue) {
	e := element(name, rep)
	e.NumChildren.Set(int32(n))
	e.LogicalType.Value = logical
	switch logical.(type) {
	case *format.ListType:
		e.ConvertedType.Set(deprecated.List)
	case *format.MapType:
		e.ConvertedType.Set(deprecated.Map)
	}
	b.elements = append(b.elements, e)
}

func (b *builder) field(f arrow.Field, rep format.FieldRepetitionType) error {
	switch t := f.Type.(type) {
	case *arrow.StructType:
		if t.NumFields() == 0 {
			return fmt.Errorf("a struct without fields has no form in Parquet")
		}
		b.group(f.Name, rep, t.NumFields(), nil)
		for _, c := range t.Fields() {
			if err := b.field(c, repetition(c.Nullable)); err != nil {
				return err
			}
		}
		return nil
	case *arrow.MapType:
		b.group(f.Name, rep, 1, new(format.MapType))
		b.group("key_value", format.Repeated, 2, nil)
		if err := b.field(named(t.KeyField(), "key"), format.Required); err != nil {
			return err
		}
		return b.field(named(t.ItemField(), "value"), repetition(t.ItemField().Nullable))
	case arrow.ListLikeType:
		elem := t.ElemField()
		b.group(f.Name, rep, 1, new(format.ListType))
		b.group("list", format.Repeated, 1, nil)
		return b.field(named(elem, "element"), repetition(elem.Nullable))
	default:
		e := element(f.Name, rep)
		if err := leafElement(&e, f); err != nil {
			return err
		}
		b.elements = append(b.elements, e)
		return nil
	}
}

func annotate(e *format.SchemaElement, t format.Type, logical format.LogicalTypeValue, converted deprecated.ConvertedType) {
	e.Type.Set(t)
	e.LogicalType.Value = logical
	if converted >= 0 {
		e.ConvertedType.Set(converted)
	}
}

const noConverted = deprecated.ConvertedType(-1)

func leafElement(e *format.SchemaElement, f arrow.Field) error {
	t := f.Type
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	logical, _ := f.Metadata.GetValue(KeyLogical)
	if _, ok := f.Metadata.GetValue(KeyJSON); ok {
		logical = "JSON"
	}
	integer := func(p format.Type, width int8, signed bool, converted deprecated.ConvertedType) {
		annotate(e, p, &format.IntType{BitWidth: width, IsSigned: signed}, converted)
	}
	switch t := t.(type) {
	case *arrow.NullType:
		annotate(e, format.Int32, new(format.NullType), noConverted)
		e.RepetitionType.Set(format.Optional)
	case *arrow.BooleanType:
		e.Type.Set(format.Boolean)
	case *arrow.Int8Type:
		integer(format.Int32, 8, true, deprecated.Int8)
	case *arrow.Int16Type:
		integer(format.Int32, 16, true, deprecated.Int16)
	case *arrow.Int32Type:
		e.Type.Set(format.Int32)
	case *arrow.Int64Type, *arrow.DurationType:
		e.Type.Set(format.Int64)
	case *arrow.Uint8Type:
		integer(format.Int32, 8, false, deprecated.Uint8)
	case *arrow.Uint16Type:
		integer(format.Int32, 16, false, deprecated.Uint16)
	case *arrow.Uint32Type:
		integer(format.Int32, 32, false, deprecated.Uint32)
	case *arrow.Uint64Type:
		integer(format.Int64, 64, false, deprecated.Uint64)
	case *arrow.Float16Type:
		annotate(e, format.FixedLenByteArray, new(format.Float16Type), noConverted)
		e.TypeLength.Set(2)
	case *arrow.Float32Type:
		e.Type.Set(format.Float)
	case *arrow.Float64Type:
		e.Type.Set(format.Double)
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		stringElement(e, logical)
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		e.Type.Set(format.ByteArray)
		if logical == "BSON" {
			annotate(e, format.ByteArray, new(format.BsonType), deprecated.Bson)
		}
	case *arrow.FixedSizeBinaryType:
		fixedElement(e, t.ByteWidth, logical)
	case *arrow.Date32Type, *arrow.Date64Type:
		annotate(e, format.Int32, new(format.DateType), deprecated.Date)
	case *arrow.Time32Type, *arrow.Time64Type, *arrow.TimestampType:
		timeElement(e, t)
	case arrow.DecimalType:
		decimalElement(e, t)
	default:
		return fmt.Errorf("the type %s has no form in Parquet", t)
	}
	return nil
}

func stringElement(e *format.SchemaElement, logical string) {
	switch logical {
	case "ENUM":
		annotate(e, format.ByteArray, new(format.EnumType), deprecated.Enum)
	case "JSON":
		annotate(e, format.ByteArray, new(format.JsonType), deprecated.Json)
	default:
		annotate(e, format.ByteArray, new(format.StringType), deprecated.UTF8)
	}
}

func fixedElement(e *format.SchemaElement, width int, logical string) {
	e.Type.Set(format.FixedLenByteArray)
	e.TypeLength.Set(int32(width))
	switch {
	case logical == "UUID" && width == 16:
		e.LogicalType.Value = new(format.UUIDType)
	case logical == "INTERVAL" && width == 12:
		e.ConvertedType.Set(deprecated.Interval)
	}
}

func timeElement(e *format.SchemaElement, t arrow.DataType) {
	unit := func(u arrow.TimeUnit) format.TimeUnit {
		switch u {
		case arrow.Microsecond:
			return format.TimeUnit{Value: new(format.MicroSeconds)}
		case arrow.Nanosecond:
			return format.TimeUnit{Value: new(format.NanoSeconds)}
		default:
			return format.TimeUnit{Value: new(format.MilliSeconds)}
		}
	}
	switch t := t.(type) {
	case *arrow.Time32Type:
		annotate(e, format.Int32, &format.TimeType{IsAdjustedToUTC: true, Unit: unit(t.Unit)}, deprecated.TimeMillis)
	case *arrow.Time64Type:
		converted := noConverted
		if t.Unit == arrow.Microsecond {
			converted = deprecated.TimeMicros
		}
		annotate(e, format.Int64, &format.TimeType{IsAdjustedToUTC: true, Unit: unit(t.Unit)}, converted)
	case *arrow.TimestampType:
		utc := t.TimeZone != ""
		converted := noConverted // the older annotations mean UTC
		switch {
		case utc && t.Unit == arrow.Microsecond:
			converted = deprecated.TimestampMicros
		case utc && t.Unit != arrow.Nanosecond:
			converted = deprecated.TimestampMillis
		}
		annotate(e, format.Int64, &format.TimestampType{IsAdjustedToUTC: utc, Unit: unit(t.Unit)}, converted)
	}
}

func decimalElement(e *format.SchemaElement, t arrow.DecimalType) {
	physical := format.FixedLenByteArray
	switch p := t.GetPrecision(); {
	case p <= 9:
		physical = format.Int32
	case p <= 18:
		physical = format.Int64
	default:
		e.TypeLength.Set(int32(decimalWidth(p)))
	}
	annotate(e, physical, &format.DecimalType{Scale: t.GetScale(), Precision: t.GetPrecision()}, deprecated.Decimal)
	e.Scale.Set(t.GetScale())
	e.Precision.Set(t.GetPrecision())
}

// decimalWidth is the number of bytes that hold any decimal of the precision in two's complement.
func decimalWidth(precision int32) int {
	bits := float64(precision)*3.321928094887362 + 1 // log2(10)
	return int(bits+7.999999) / 8
}
