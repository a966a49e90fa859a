package schema

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// setType chooses the column's Arrow type, and returns metadata for what Arrow does not express. Where an element has
// the older annotation too, both have to mean the same kind of type. (Writers disagree about what they say of UTC.)
func (c *Column) setType(e *format.SchemaElement) (arrow.Metadata, error) {
	metadata, err := c.setLogical(e, logicalOf(e))
	if err != nil || e.LogicalType.Value == nil || !e.ConvertedType.Valid {
		return metadata, err
	}
	older, other := *e, *c
	older.LogicalType.Value = nil
	other.Conversion = Same
	if _, err := other.setLogical(e, logicalOf(&older)); err != nil || other.Type.ID() != c.Type.ID() {
		return metadata, page.Corrupt("its schema says of %q that it is %s, and %s", e.Name, c.Type, other.Type)
	}
	return metadata, nil
}

func (c *Column) setLogical(e *format.SchemaElement, logical format.LogicalTypeValue) (arrow.Metadata, error) {
	var kind string
	switch c.Physical {
	case format.Boolean:
		c.Type, c.Conversion = arrow.FixedWidthTypes.Boolean, Bool
	case format.Int32:
		c.setInt32(logical)
	case format.Int64:
		c.setInt64(logical)
	case format.Int96:
		c.Type, c.Conversion = &arrow.TimestampType{Unit: arrow.Nanosecond}, Int96
	case format.Float:
		c.Type = arrow.PrimitiveTypes.Float32
	case format.Double:
		c.Type = arrow.PrimitiveTypes.Float64
	case format.ByteArray:
		kind = c.setBytes(logical)
	case format.FixedLenByteArray:
		kind = c.setFixed(logical, e)
	default:
		return arrow.Metadata{}, page.Corrupt("its schema gives %q the unknown type %d", e.Name, c.Physical)
	}
	if _, ok := logical.(*format.NullType); ok {
		c.Type, c.Conversion = arrow.Null, Null
	}
	if d, ok := c.Type.(arrow.DecimalType); ok && (d.GetPrecision() < 1 || d.GetScale() < 0 || d.GetScale() > d.GetPrecision()) {
		return arrow.Metadata{}, page.Corrupt("its schema gives %q the decimal type (%d, %d)", e.Name, d.GetPrecision(), d.GetScale())
	}
	return LogicalMetadata(kind), nil
}

// LogicalMetadata is the metadata of a field of a logical type that Arrow lacks; none for "".
func LogicalMetadata(kind string) arrow.Metadata {
	switch kind {
	case "":
		return arrow.Metadata{}
	case "JSON":
		return arrow.NewMetadata([]string{KeyLogical, KeyJSON}, []string{kind, "true"})
	default:
		return arrow.NewMetadata([]string{KeyLogical}, []string{kind})
	}
}

// logicalOf is the element's logical type, or what its older annotation says.
func logicalOf(e *format.SchemaElement) format.LogicalTypeValue {
	if e.LogicalType.Value != nil {
		return e.LogicalType.Value
	}
	converted, ok := e.ConvertedType.Get()
	if !ok {
		return nil
	}
	millis, micros := format.TimeUnit{Value: new(format.MilliSeconds)}, format.TimeUnit{Value: new(format.MicroSeconds)}
	switch converted {
	case deprecated.UTF8:
		return new(format.StringType)
	case deprecated.Enum:
		return new(format.EnumType)
	case deprecated.Json:
		return new(format.JsonType)
	case deprecated.Bson:
		return new(format.BsonType)
	case deprecated.Date:
		return new(format.DateType)
	case deprecated.TimeMillis:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimeMicros:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.TimestampMillis:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimestampMicros:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.Decimal:
		return &format.DecimalType{Scale: e.Scale.V, Precision: e.Precision.V}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return &format.IntType{BitWidth: 8 << (converted - deprecated.Uint8)}
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return &format.IntType{BitWidth: 8 << (converted - deprecated.Int8), IsSigned: true}
	default:
		return nil
	}
}

func (c *Column) setInt32(logical format.LogicalTypeValue) {
	c.Type = arrow.PrimitiveTypes.Int32
	switch l := logical.(type) {
	case *format.IntType:
		switch {
		case l.BitWidth == 8 && l.IsSigned:
			c.Type, c.Conversion = arrow.PrimitiveTypes.Int8, Narrow
		case l.BitWidth == 8:
			c.Type, c.Conversion = arrow.PrimitiveTypes.Uint8, Narrow
		case l.BitWidth == 16 && l.IsSigned:
			c.Type, c.Conversion = arrow.PrimitiveTypes.Int16, Narrow
		case l.BitWidth == 16:
			c.Type, c.Conversion = arrow.PrimitiveTypes.Uint16, Narrow
		case l.BitWidth == 32 && !l.IsSigned:
			c.Type = arrow.PrimitiveTypes.Uint32
		}
	case *format.DateType:
		c.Type = arrow.PrimitiveTypes.Date32
	case *format.TimeType:
		if _, ok := l.Unit.Value.(*format.MilliSeconds); ok {
			c.Type = arrow.FixedWidthTypes.Time32ms
		}
	case *format.DecimalType:
		if l.Precision <= 9 {
			c.Type, c.Conversion = &arrow.Decimal128Type{Precision: l.Precision, Scale: l.Scale}, Decimal
		}
	}
}

func (c *Column) setInt64(logical format.LogicalTypeValue) {
	c.Type = arrow.PrimitiveTypes.Int64
	switch l := logical.(type) {
	case *format.IntType:
		if l.BitWidth == 64 && !l.IsSigned {
			c.Type = arrow.PrimitiveTypes.Uint64
		}
	case *format.TimeType:
		switch l.Unit.Value.(type) {
		case *format.MicroSeconds:
			c.Type = arrow.FixedWidthTypes.Time64us
		case *format.NanoSeconds:
			c.Type = arrow.FixedWidthTypes.Time64ns
		}
	case *format.TimestampType:
		zone := ""
		if l.IsAdjustedToUTC {
			zone = "UTC"
		}
		switch l.Unit.Value.(type) {
		case *format.MilliSeconds:
			c.Type = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: zone}
		case *format.MicroSeconds:
			c.Type = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zone}
		case *format.NanoSeconds:
			c.Type = &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: zone}
		}
	case *format.DecimalType:
		if l.Precision <= 18 {
			c.Type, c.Conversion = &arrow.Decimal128Type{Precision: l.Precision, Scale: l.Scale}, Decimal
		}
	}
}

func (c *Column) setBytes(logical format.LogicalTypeValue) (kind string) {
	c.Type, c.Conversion = arrow.BinaryTypes.Binary, Bytes
	switch l := logical.(type) {
	case *format.StringType:
		c.Type = arrow.BinaryTypes.String
	case *format.EnumType:
		c.Type = arrow.BinaryTypes.String
		return "ENUM"
	case *format.JsonType:
		c.Type = arrow.BinaryTypes.String
		return "JSON"
	case *format.BsonType:
		return "BSON"
	case *format.DecimalType:
		if d := decimalType(l); d != nil {
			c.Type, c.Conversion = d, Decimal
		}
	}
	return ""
}

func (c *Column) setFixed(logical format.LogicalTypeValue, e *format.SchemaElement) (kind string) {
	c.Type = &arrow.FixedSizeBinaryType{ByteWidth: c.Width}
	switch l := logical.(type) {
	case *format.DecimalType:
		if d := decimalType(l); d != nil && c.Width <= 32 {
			c.Type, c.Conversion = d, Decimal
		}
	case *format.Float16Type:
		if c.Width == 2 {
			c.Type = arrow.FixedWidthTypes.Float16
		}
	case *format.UUIDType:
		if c.Width == 16 {
			return "UUID"
		}
	case nil:
		if e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Interval && c.Width == 12 {
			return "INTERVAL"
		}
	}
	return ""
}

func decimalType(l *format.DecimalType) arrow.DataType {
	switch {
	case l.Precision <= 38:
		return &arrow.Decimal128Type{Precision: l.Precision, Scale: l.Scale}
	case l.Precision <= 76:
		return &arrow.Decimal256Type{Precision: l.Precision, Scale: l.Scale}
	default:
		return nil
	}
}
