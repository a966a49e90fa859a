package spec

import (
	"math"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Auto is the backend that chooses between others.
const Auto = "auto"

// auto checks what belongs to the backend auto, and what can't stand beside it.
func (c *checker) auto() {
	k := c.Classify
	for _, f := range []struct {
		name  string
		given bool
	}{{"calibrate", k.Calibrate != ""}, {"min_rate", k.MinRate != 0}} {
		if f.given && k.Backend != Auto {
			c.fail(fault.ConfigField, "classify."+f.name, "add backend: auto, or remove it", "%s is about the backend auto", f.name)
		}
	}
	if !(k.MinRate >= 0 && k.MinRate <= math.MaxInt32) {
		c.fail(fault.ConfigField, "classify.min_rate", "", "min_rate is %s", formatFloat(k.MinRate))
	}
	if k.Backend != Auto {
		return
	}
	if k.Temperature != 0 {
		c.fail(fault.ConfigField, "classify.temperature", "remove it", "temperature has no meaning with the backend auto, whose backends have their own")
	}
	if k.Refine {
		c.fail(fault.ConfigField, "classify.refine", "remove it, or choose static or encoder", "the backend auto can't refine")
	}
	if k.Calibrate != "" && k.Mode == classify.Multi {
		c.fail(fault.ConfigField, "classify.calibrate", "remove it", "calibrate is for mode single only")
	}
}
