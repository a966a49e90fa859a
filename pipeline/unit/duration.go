package unit

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Duration is a length of time, written with its unit: 50ms, 1m30s, 90d. A day is 24 hours.
type Duration time.Duration

const day = 24 * time.Hour

// durationPattern is what ParseDuration accepts, for the JSON Schema.
const durationPattern = `^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+)$`

// ParseDuration reads a duration. Negative ones and numbers without a unit are refused; a bare 0 is not.
func ParseDuration(s string) (Duration, error) {
	rest, total := s, time.Duration(0)
	if days, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n*float64(day) >= 1<<63 || strings.ContainsAny(days, "+-_xXpPiInN") {
			return 0, durationError(s)
		}
		total, rest = time.Duration(n*float64(day)), after
		if rest == "" {
			return Duration(total), nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || strings.ContainsAny(rest, "+-") || total+d < 0 {
		return 0, durationError(s)
	}
	return Duration(total + d), nil
}

func durationError(s string) error {
	if _, err := strconv.ParseFloat(s, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if strings.HasPrefix(s, "-") {
			return fault.New(fault.ConfigField, "duration %q is negative", s).WithFix("write a duration from 0 up, such as 5s")
		}
		return fault.New(fault.ConfigField, "duration %q has no unit", s).WithFix("write %ss for seconds or %sms for milliseconds", s, s)
	}
	return fault.New(fault.ConfigField, "%q is not a duration", s).WithFix("write a number and its unit: 50ms, 10s, 5m, 2h or 7d")
}

// Std returns d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String returns the shortest form that ParseDuration reads back: "1m30s", "1h", "90d".
func (d Duration) String() string {
	t := time.Duration(d)
	if t != 0 && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the form of String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err == nil {
		*d = v
	}
	return err
}

// Pattern is the regular expression of a duration's text.
func (Duration) Pattern() string { return durationPattern }
