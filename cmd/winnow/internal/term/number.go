package term

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Count writes a number with thousands separated: 1,234,567.
func Count(n int64) string {
	if n < 0 {
		return "-" + Count(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural writes a count with its noun: "1 record", "2 records".
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Rate writes records a second in three digits: 950/s, 12.3k/s, 1.20M/s.
func Rate(perSecond float64) string {
	switch {
	case math.IsNaN(perSecond) || math.IsInf(perSecond, 0):
		return "–"
	case perSecond >= 999_500:
		return fmt.Sprintf("%.2fM/s", perSecond/1e6)
	case perSecond >= 99_950:
		return fmt.Sprintf("%.0fk/s", perSecond/1e3)
	case perSecond >= 9_995:
		return fmt.Sprintf("%.1fk/s", perSecond/1e3)
	default:
		return Count(int64(math.Round(perSecond))) + "/s"
	}
}

// Bytes writes a size: 512 B, 1.5 MiB.
func Bytes(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, unit := float64(n)/1024, 0
	for f >= 1024 && unit < len(units)-1 {
		f /= 1024
		unit++
	}
	if f >= 100 || f == math.Trunc(f) {
		return fmt.Sprintf("%.0f %ciB", f, units[unit])
	}
	return fmt.Sprintf("%.1f %ciB", f, units[unit])
}

// Duration writes a time as people do: 340 ms, 4.2 s, 5 s, 3 m 05 s, 2 h 10 m.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "–"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute && d%time.Second == 0:
		return strconv.FormatInt(int64(d.Seconds()), 10) + " s"
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
	}
}

// percent writes a share of a total with one decimal; a dash without a total.
func percent(part, total float64) string {
	if total == 0 || math.IsNaN(part) || math.IsNaN(total) {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*part/total)
}

// decimal writes a score with the given number of decimals; a dash for NaN.
func decimal(v float64, places int) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', places, 64)
}
