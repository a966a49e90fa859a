package avro

import (
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"strconv"
	"time"

	"github.com/twmb/avro"
)

// logical is a logical type; one that is unknown, or on a type that it does not fit, is none, as the specification asks.
type logical uint8

const (
	none logical = iota
	decimal
	uuid // of a fixed; that of a string is the string
	date
	clockMillis
	clockMicros
	momentMillis
	momentMicros
	momentNanos
	localMillis
	localMicros
	localNanos
)

var logicals = map[kind]map[string]logical{
	integer: {"date": date, "time-millis": clockMillis},
	long: {
		"time-micros":      clockMicros,
		"timestamp-millis": momentMillis, "timestamp-micros": momentMicros, "timestamp-nanos": momentNanos,
		"local-timestamp-millis": localMillis, "local-timestamp-micros": localMicros, "local-timestamp-nanos": localNanos,
	},
	bytes: {"decimal": decimal},
	fixed: {"decimal": decimal, "uuid": uuid},
}

func logicalOf(n *node, in *avro.SchemaNode) logical {
	l := logicals[n.kind][in.LogicalType]
	if l == decimal && (in.Precision <= 0 || in.Scale < 0) || l == uuid && n.size != 16 {
		return none
	}
	return l
}

// layouts are how times stand in JSON; units is how many of a value's units are a second.
var (
	layouts = [...]string{
		date: time.DateOnly, clockMillis: "15:04:05.000", clockMicros: "15:04:05.000000",
		momentMillis: "2006-01-02T15:04:05.000Z", momentMicros: "2006-01-02T15:04:05.000000Z", momentNanos: "2006-01-02T15:04:05.000000000Z",
		localMillis: "2006-01-02T15:04:05.000", localMicros: "2006-01-02T15:04:05.000000", localNanos: "2006-01-02T15:04:05.000000000",
	}
	units = [...]int64{
		clockMillis: 1e3, clockMicros: 1e6, momentMillis: 1e3, momentMicros: 1e6, momentNanos: 1e9,
		localMillis: 1e3, localMicros: 1e6, localNanos: 1e9,
	}
)

const (
	secondsADay = 24 * 60 * 60
	// The seconds since 1970 at which the years 0 and 10000 begin: RFC 3339 has none outside.
	year0     = -62167219200
	year10000 = 253402300800
)

// appendTime appends a value of a logical type of time as a string, or as the number that it is where it lies outside
// of what the string can say.
func appendTime(dst []byte, l logical, v int64) []byte {
	var seconds, rest int64
	if l == date {
		seconds = v * secondsADay
	} else {
		seconds, rest = v/units[l], v%units[l]
		if rest < 0 {
			seconds, rest = seconds-1, rest+units[l]
		}
		rest *= 1e9 / units[l]
	}
	clock := l == clockMillis || l == clockMicros
	if seconds < year0 || seconds >= year10000 || clock && (seconds < 0 || seconds >= secondsADay) {
		return strconv.AppendInt(dst, v, 10)
	}
	dst = append(dst, '"')
	dst = time.Unix(seconds, rest).UTC().AppendFormat(dst, layouts[l])
	return append(dst, '"')
}

// parseTime is the value that a string stands for. A time zone is allowed where the layout has one; a fraction that the
// unit can't hold is not.
func parseTime(l logical, text []byte) (int64, bool) {
	layout := layouts[l]
	if l >= momentMillis && l <= momentNanos {
		layout = time.RFC3339
	}
	t, err := time.Parse(layout, string(text))
	if err != nil {
		return 0, false
	}
	seconds, nanos := t.Unix(), int64(t.Nanosecond())
	switch l {
	case date:
		return seconds / secondsADay, true
	case clockMillis, clockMicros: // time.Parse puts it into the year 0
		seconds -= year0
	}
	u := units[l]
	v := seconds*u + nanos/(1e9/u)
	if nanos%(1e9/u) != 0 || v/u > seconds+1 || v/u < seconds-1 {
		return 0, false
	}
	return v, true
}

// appendDecimal appends the number that two's complement bytes of a scale stand for.
func appendDecimal(dst, unscaled []byte, scale int) []byte {
	from := len(dst)
	if len(unscaled) <= 8 {
		var v int64
		if len(unscaled) > 0 && unscaled[0] >= 0x80 {
			v = -1
		}
		for _, b := range unscaled {
			v = v<<8 | int64(b)
		}
		dst = strconv.AppendInt(dst, v, 10)
	} else {
		v := new(big.Int).SetBytes(unscaled)
		if unscaled[0] >= 0x80 {
			v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(len(unscaled))*8))
		}
		dst = v.Append(dst, 10)
	}
	if scale == 0 {
		return dst
	}
	if dst[from] == '-' {
		from++
	}
	for len(dst)-from <= scale { // a digit must stand before the point
		dst = append(dst, 0)
		copy(dst[from+1:], dst[from:])
		dst[from] = '0'
	}
	point := len(dst) - scale
	dst = append(dst, 0)
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}

// parseDecimal appends the two's complement bytes of a number to dst, as few as hold it. It fails for an exponent and
// for more digits after the point than the scale has.
func parseDecimal(dst, number []byte, scale int) ([]byte, bool) {
	digits, fraction, point := make([]byte, 0, 64), 0, false
	for _, c := range number {
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c-'0' > 9 && c != '-':
			return dst, false
		case point:
			fraction++
		}
		digits = append(digits, c)
	}
	if fraction > scale || len(digits) > 3*maxDecimal {
		return dst, false
	}
	for ; fraction < scale; fraction++ {
		digits = append(digits, '0')
	}
	if len(digits) <= 18 {
		v, err := strconv.ParseInt(string(digits), 10, 64)
		return appendMinimal(dst, binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(v))), err == nil
	}
	v, ok := new(big.Int).SetString(string(digits), 10)
	if !ok {
		return dst, false
	}
	wide := v.BitLen()/8 + 1
	if v.Sign() < 0 {
		v.Add(v, new(big.Int).Lsh(big.NewInt(1), uint(wide)*8))
	}
	return appendMinimal(dst, v.FillBytes(make([]byte, wide))), true
}

// appendMinimal appends two's complement bytes without those that only repeat the sign.
func appendMinimal(dst, b []byte) []byte {
	return append(dst, b[signBytes(b):]...)
}

// signBytes is how many bytes at the front of a two's complement only repeat the sign.
func signBytes(b []byte) int {
	n := 0
	for n+1 < len(b) && (b[n] == 0 && b[n+1] < 0x80 || b[n] == 0xff && b[n+1] >= 0x80) {
		n++
	}
	return n
}

func appendUUID(dst, b []byte) []byte {
	dst = append(dst, '"')
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, []byte{c})
	}
	return append(dst, '"')
}

// parseUUID appends the 16 bytes of a uuid's text.
func parseUUID(dst, text []byte) ([]byte, bool) {
	if len(text) != 36 {
		return dst, false
	}
	var packed [32]byte
	n := 0
	for i, c := range text {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return dst, false
			}
			continue
		}
		packed[n] = c
		n++
	}
	out, err := hex.AppendDecode(dst, packed[:])
	return out, err == nil
}
