package term

import (
	"io"
	"strings"
)

// Rejected is a rejected record to show.
type Rejected struct {
	Place   string
	Code    string
	Message string
	Fix     string
	Facts   []string // more of it, such as a message's key
	Record  []byte
	Kept    bool // Record is what it was
}

// WriteRejected draws a rejected record in a few lines: why, what it was, what to do.
func WriteRejected(w io.Writer, r *Rejected, s Style) error {
	var b strings.Builder
	b.WriteString(s.paint(bold, clean(r.Place)) + ": " + s.paint(red, clean(r.Code)) + ": " + clean(r.Message) + "\n")
	record := "(the record was not kept)"
	if r.Kept {
		record = clip(string(r.Record), s.columns()-2)
	}
	b.WriteString("  " + record + "\n")
	if len(r.Facts) > 0 {
		b.WriteString("  " + s.paint(dim, clip(strings.Join(r.Facts, " · "), s.columns()-2)) + "\n")
	}
	if r.Fix != "" {
		b.WriteString("  " + s.paint(dim, "fix: "+clean(r.Fix)) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
