package term

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/models"
)

// WriteModels draws a table of models.
func WriteModels(w io.Writer, all []models.Model, s Style) error {
	t := Table{Head: []string{"model", "backend", "dimensions", "memory", "added"}, Align: []Align{Left, Left, Right, Right, Left}}
	for _, m := range all {
		t.Row(m.Name, m.Backend, strconv.Itoa(m.Dim), Bytes(m.Memory), day(m.Added))
	}
	return t.Write(w, s)
}

// WriteModel draws what is known of a model.
func WriteModel(w io.Writer, m *models.Model, s Style) error {
	f := &facts{s: s}
	f.add("model", m.Name)
	f.add("backend", m.Backend)
	f.add("dimensions", strconv.Itoa(m.Dim))
	if m.Layers > 0 {
		f.add("layers", strconv.Itoa(m.Layers))
	}
	f.add("memory", Bytes(m.Memory))
	f.add("hash", "sha256:"+m.Hash)
	for _, n := range m.Notices {
		f.add("note", n)
	}
	f.add("added", m.Added.Format(time.RFC3339))
	f.add("folder", m.Folder)
	_, err := io.WriteString(w, f.b.String())
	return err
}

// ModelSpeed is how fast a model labels texts of one length.
type ModelSpeed struct {
	Words  int           `json:"words"`
	Tokens int           `json:"tokens"`   // as the model counts them
	Rate   float64       `json:"rate"`     // texts a second, many together on all threads
	Alone  time.Duration `json:"alone_ns"` // median time of one text by itself
}

// WriteModelSpeed draws figures of one model.
func WriteModelSpeed(w io.Writer, m *models.Model, all []ModelSpeed, s Style) error {
	if _, err := fmt.Fprintf(w, "%s (%s), weights of %s\n", clean(m.Name), m.Backend, Bytes(m.Memory)); err != nil {
		return err
	}
	t := Table{Head: []string{"words", "tokens", "together", "one alone"}, Align: []Align{Right, Right, Right, Right}}
	for _, f := range all {
		t.Row(strconv.Itoa(f.Words), strconv.Itoa(f.Tokens), Rate(f.Rate), f.Alone.Round(time.Microsecond).String())
	}
	return t.Write(w, s)
}
