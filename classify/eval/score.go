package eval

import (
	"math"
	"strconv"
)

// Score is a measure that may be unknown (NaN), which JSON writes as null; 6 decimals otherwise.
type Score float64

// MarshalJSON implements json.Marshaler.
func (s Score) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(s)) || math.IsInf(float64(s), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(s)*1e6)/1e6, 'f', -1, 64), nil
}

// Known reports whether there were rows to measure.
func (s Score) Known() bool { return !math.IsNaN(float64(s)) }

// Ratio is a / b, unknown where b is 0.
func Ratio(a, b float64) Score {
	if b == 0 {
		return Score(math.NaN())
	}
	return Score(a / b)
}

// ratio is Ratio of counts.
func ratio(a, b int64) Score { return Ratio(float64(a), float64(b)) }
