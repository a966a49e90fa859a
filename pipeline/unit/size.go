package unit

import (
	"math"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Size is a number of bytes, written with its unit: 256MiB, 10MB, 1GiB, 512B.
type Size int64

// sizePattern is what ParseSize accepts, for the JSON Schema.
const sizePattern = `^(0|[0-9]+(\.[0-9]+)?(B|[kK]B|MB|GB|TB|KiB|MiB|GiB|TiB))$`

// sizeUnits are the binary units, largest first, then the decimal ones: String takes the first that divides evenly.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"KB", 1e3},
	{"B", 1},
}

// ParseSize reads a size. Negative ones and numbers without a unit are refused; a bare 0 is not.
func ParseSize(s string) (Size, error) {
	if s == "0" {
		return 0, nil
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end <= 0 {
		return 0, sizeError(s)
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return 0, sizeError(s)
	}
	for _, u := range sizeUnits {
		if s[end:] != u.name {
			continue
		}
		bytes := n * float64(u.bytes)
		if bytes >= math.MaxInt64 {
			return 0, fault.New(fault.ConfigField, "size %q is larger than any machine's memory", s).WithFix("write a size below 8388607TiB")
		}
		return Size(bytes), nil
	}
	return 0, sizeError(s)
}

func sizeError(s string) error {
	switch _, err := strconv.ParseFloat(s, 64); {
	case err != nil:
		return fault.New(fault.ConfigField, "%q is not a size", s).WithFix("write a number and its unit: 512B, 64KiB, 10MB, 256MiB or 1GiB")
	case strings.HasPrefix(s, "-"):
		return fault.New(fault.ConfigField, "size %q is negative", s).WithFix("write a size from 0 up, such as 256MiB")
	default:
		return fault.New(fault.ConfigField, "size %q has no unit", s).WithFix("write %sB for bytes or %sMiB for mebibytes", s, s)
	}
}

// Bytes returns s as a plain number.
func (s Size) Bytes() int64 { return int64(s) }

// String returns s in the largest unit that it is a whole number of: "256MiB", "10MB", "1000001B".
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	for _, u := range sizeUnits {
		if int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return ""
}

// MarshalText writes the form of String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseSize does.
func (s *Size) UnmarshalText(text []byte) error {
	v, err := ParseSize(string(text))
	if err == nil {
		*s = v
	}
	return err
}

// Pattern is the regular expression of a size's text.
func (Size) Pattern() string { return sizePattern }
