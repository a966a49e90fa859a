package encode

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// newTimes returns the writer of an array of dates or times; nil for others.
func newTimes(a arrow.Array) column {
	switch a := a.(type) {
	case *array.Date32:
		return dates{func(row int) time.Time { return a.Value(row).ToTime() }}
	case *array.Date64:
		return dates{func(row int) time.Time { return a.Value(row).ToTime() }}
	case *array.Timestamp:
		return newTimestamps(a)
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		return clocks{func(row int) time.Time { return a.Value(row).ToTime(unit) }}
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return clocks{func(row int) time.Time { return a.Value(row).ToTime(unit) }}
	default:
		return nil
	}
}

// dates are days: 2026-01-31.
type dates struct{ at func(row int) time.Time }

func (c dates) json(dst []byte, row int) []byte { return append(c.text(append(dst, '"'), row), '"') }

func (c dates) text(dst []byte, row int) []byte { return c.at(row).AppendFormat(dst, time.DateOnly) }
func (c dates) isText() bool                    { return false }

// clocks are times of a day: 13:05:00.25.
type clocks struct{ at func(row int) time.Time }

func (c clocks) json(dst []byte, row int) []byte { return append(c.text(append(dst, '"'), row), '"') }

func (c clocks) text(dst []byte, row int) []byte {
	return c.at(row).AppendFormat(dst, "15:04:05.999999999")
}
func (c clocks) isText() bool { return false }

// timestamps are RFC 3339, in their zone; those without a zone have none in their text either.
type timestamps struct {
	a      *array.Timestamp
	unit   arrow.TimeUnit
	zone   *time.Location
	layout string
}

func newTimestamps(a *array.Timestamp) column {
	t := a.DataType().(*arrow.TimestampType)
	c := timestamps{a: a, unit: t.Unit, zone: time.UTC, layout: "2006-01-02T15:04:05.999999999"}
	if t.TimeZone != "" {
		c.layout = time.RFC3339Nano
		if zone, err := t.GetZone(); err == nil { // an unknown zone: the instant is right in UTC as well
			c.zone = zone
		}
	}
	return c
}

func (c timestamps) json(dst []byte, row int) []byte {
	return append(c.text(append(dst, '"'), row), '"')
}
func (c timestamps) isText() bool { return false }
func (c timestamps) text(dst []byte, row int) []byte {
	return c.a.Value(row).ToTime(c.unit).In(c.zone).AppendFormat(dst, c.layout)
}
