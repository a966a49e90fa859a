package part

import (
	"encoding/json"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Receipt is how far an output has come: what Open needs to cut it there.
type Receipt struct {
	Length int64 `json:"length"` // bytes of the file, or of the folder's newest part file
	Rows   int64 `json:"rows"`   // in the whole output
	// Replace tells that the run was allowed to replace an older output when it began.
	Replace bool `json:"replace,omitempty"`

	// Part is the number of the newest part file; Closed are the bytes of the ones before it. Folders only.
	Part   int   `json:"part,omitempty"`
	Closed int64 `json:"closed,omitempty"`
	// PartRows are the rows of the newest part file.
	PartRows int64 `json:"part_rows,omitempty"`
}

// Encode returns the receipt in its encoding.
func (r Receipt) Encode() (pipeline.Receipt, error) { return json.Marshal(r) }

// Decode reads a receipt; nil, nil for none.
func Decode(data pipeline.Receipt, path string) (*Receipt, error) {
	if data == nil {
		return nil, nil
	}
	r := new(Receipt)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fault.New(fault.StateDamaged, "the receipt can't be read: %w", err).At(fault.Where{File: path})
	}
	return r, nil
}
