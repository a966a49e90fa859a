package catalog

import (
	"encoding/json"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Metrics are the fields that an evaluation has at least. The rest of it is the backend's or the command's own. It
// should hold nothing of when and where it was made: the evaluation is part of the version's content.
type Metrics struct {
	Accuracy *float64 `json:"accuracy"` // 0 to 1
	MacroF1  *float64 `json:"macro_f1"` // 0 to 1; null where it is not defined
	ECE      *float64 `json:"ece"`      // expected calibration error, 0 to 1; null where it is not defined
	Rows     int64    `json:"rows"`     // that were measured on
	Data     string   `json:"data"`     // "sha256:" and the hash of the file, or of the hashes of the files, measured on
}

// ParseMetrics reads the fields that every evaluation has.
func ParseMetrics(evaluation json.RawMessage) (Metrics, error) {
	var m Metrics
	var fields map[string]json.RawMessage
	bad := func(format string, args ...any) (Metrics, error) {
		return Metrics{}, fault.New(fault.ClassifierInvalid, "the evaluation "+format, args...).
			WithFix("it needs accuracy, macro_f1, ece (0 to 1), rows, and data (sha256:…)")
	}
	if len(evaluation) > maxEvaluation {
		return bad("has %d bytes, at most %d are allowed", len(evaluation), maxEvaluation)
	}
	if err := json.Unmarshal(evaluation, &fields); err != nil {
		return bad("is not a JSON object: %w", err)
	}
	for _, name := range []string{"accuracy", "macro_f1", "ece", "rows", "data"} {
		if fields[name] == nil {
			return bad("has no field %q", name)
		}
	}
	if err := json.Unmarshal(evaluation, &m); err != nil {
		return bad("has a field of another type: %w", err)
	}
	for _, share := range []*float64{m.Accuracy, m.MacroF1, m.ECE} {
		if share != nil && (*share < 0 || *share > 1) {
			return bad("has a share of %v", *share)
		}
	}
	if digits, ok := strings.CutPrefix(m.Data, hashPrefix); !ok || !validSHA256.MatchString(digits) || m.Rows < 0 {
		return bad("was made on %d rows of %q", m.Rows, m.Data)
	}
	return m, nil
}
