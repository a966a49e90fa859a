package report

import (
	"encoding/json"

	"github.com/winnow-stream/winnow/classify/eval"
)

// Page is what an evaluation has to tell.
type Page struct {
	Title      string
	First      *Measured
	Second     *Measured // nil: nothing was compared
	Comparison *eval.Comparison
	Cascade    *Cascade // nil: none was asked for
}

// Measured is a report on one classifier or column of labels.
type Measured struct {
	Name       string `json:"name"`                 // what answered, for people
	Classifier string `json:"classifier,omitempty"` // its version
	Data       string `json:"data,omitempty"`       // "sha256:" and the hash of the file, or of the hashes of the files; empty for standard input
	Read       int64  `json:"read"`                 // records
	Rejected   int64  `json:"rejected"`             // records that could not be answered; they count nowhere else
	// WithoutConfidence tells that the answers have no confidences, and nothing that needs them could be measured.
	WithoutConfidence bool `json:"without_confidence,omitempty"`
	*eval.Report
}

// JSON is the page for programs: the first report, and beside it what it was compared with.
func (p *Page) JSON() ([]byte, error) {
	data, err := json.Marshal(struct {
		*Measured
		Compared   *Measured        `json:"compared,omitempty"`
		Comparison *eval.Comparison `json:"comparison,omitempty"`
		Cascade    *Cascade         `json:"cascade,omitempty"`
	}{p.First, p.Second, p.Comparison, p.Cascade})
	return append(data, '\n'), err
}
