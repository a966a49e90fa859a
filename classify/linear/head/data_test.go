package head

import (
	"strconv"
	"testing"
)

// TestRequiredVectors: of more rows than get vectors, every second is learnt from where the vectors are required; else all
// rows are, without.
func TestRequiredVectors(t *testing.T) {
	const rows = maxVectors + 1000
	for _, required := range []bool{false, true} {
		d, err := read(t.Context(), &Config{Space: &Space{Required: required}}, func(yield func(Example, error) bool) {
			for i := range rows {
				if !yield(Example{Text: "row " + strconv.Itoa(i), Labels: []string{strconv.Itoa(i % 4 / 2)}}, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		want := rows
		if required {
			want /= 2
		}
		if d.real != want || d.read != rows {
			t.Errorf("required %v: %d rows of %d are learnt from, want %d of %d", required, d.real, d.read, want, rows)
		}
	}
}
