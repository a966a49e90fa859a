package fasttext

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
)

// trailer is what winnow keeps behind a model: JSON, its length as uint32, and trailerMagic. fastText stops reading
// before it. A file without one is a plain model of fastText.
type trailer struct {
	// Labels are the labels as their users wrote them, in the order of the output's rows; nil when they are those of
	// the dictionary. fastText's own labels can't hold white space.
	Labels []string `json:"labels,omitempty"`
	// Calibration is nil where a Classifier gives fastText's own probabilities.
	Calibration *Calibration `json:"calibration,omitempty"`
}

const trailerMagic = "winnow1\n"

func (t *trailer) append(to []byte) ([]byte, error) {
	if t.Labels == nil && t.Calibration == nil {
		return to, nil
	}
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	to = append(to, body...)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(body)))
	return append(to, trailerMagic...), nil
}

// trailer reads what is left of the file.
func (d *decoder) trailer(labels int) (t trailer) {
	if d.err != nil || d.left() == 0 {
		if _, err := d.r.Peek(1); d.err == nil && err != io.EOF {
			d.fail("the file is longer than it was")
		}
		return t
	}
	n := d.left()
	if n > maxTrailer {
		d.fail("%d bytes follow the model: the file is damaged", n)
		return t
	}
	b := d.bytes(n)
	if d.err != nil {
		return t
	}
	end := len(b) - len(trailerMagic) - 4
	if end < 0 || !bytes.HasSuffix(b, []byte(trailerMagic)) || uint32(end) != binary.LittleEndian.Uint32(b[end:]) {
		d.fail("the %d bytes behind the model are none of winnow's: the file is damaged", n)
		return t
	}
	if err := json.Unmarshal(b[:end], &t); err != nil {
		d.fail("the names of labels: %w: the file is damaged", err)
		return t
	}
	if t.Labels != nil && len(t.Labels) != labels {
		d.fail("%d names for %d labels: the file is damaged", len(t.Labels), labels)
	}
	if t.Calibration != nil && !t.Calibration.valid() {
		d.fail("a calibration of %v·score + %v: the file is damaged", t.Calibration.Slope, t.Calibration.Offset)
	}
	return t
}
