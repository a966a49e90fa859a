package static_test

import (
	"testing"

	"github.com/winnow-stream/winnow/classify/static"
)

func TestZeroShot(t *testing.T) {
	cases := []struct {
		set         string
		atLeast     float64
		calibration float64 // 0 where none is promised
	}{
		{"banking77", 65.5, 0.07},
		{"clinc150", 60.2, 0.07},
		{"hwu64", 62.3, 0.07},
		{"snips", 82.6, 0.07},
		{"sms_spam", 66, 0},
		{"goemotions", 23.3, 0},
	}
	var sum float64
	for _, c := range cases {
		s := loadSet(t, c.set)
		k, err := static.New(static.Config{Labels: s.labels})
		if err != nil {
			t.Fatal(err)
		}
		o := measure(t, k, s.test)
		t.Logf("%-10s accuracy %.2f, calibration error %.4f", c.set, o.accuracy, o.ece)
		if o.accuracy < c.atLeast {
			t.Errorf("%s: accuracy %.2f, want at least %.2f", c.set, o.accuracy, c.atLeast)
		}
		if c.calibration > 0 {
			sum += o.ece
			if o.ece > c.calibration {
				t.Errorf("%s: calibration error %.4f, want at most %.2f", c.set, o.ece, c.calibration)
			}
		}
	}
	if mean := sum / 4; mean > 0.055 {
		t.Errorf("mean calibration error %.4f, want at most 0.055", mean)
	}
}
