package head

import (
	"fmt"
	"io"
	"math"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/modelfile"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/classify/temperature"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The arrays of a model's file (modelfile.Format) are, behind the header:
//
//	hashes    uint32 × words, then uint32 × chars: buckets of the known n-grams of each view, ascending
//	rarity    float32 × (words+chars)
//	scales    float32 × (words+chars)
//	ends      uint32 × (words+chars): where each n-gram's entries end
//	to        uint16 × entries: labels, ascending within an n-gram
//	weights   int8 × entries
//	full      uint32 × full: n-grams that have a weight for each label in place of entries, ascending
//	rows      int8 × full × labels
//	biases    float32 × labels
//	vectors   int16 × labels × dim
//
// A change of what bytes or numbers mean, the cutting into n-grams too, is a new version.
var format = modelfile.Format{
	Magic: "winnowLH", Version: 1, Noun: "model",
	MaxHeader: 64 << 20, // 32,768 labels of 100 characters are 13 MB
}

// header is the part of a file that is JSON.
type header struct {
	Labels      []string      `json:"labels"`
	Mode        classify.Mode `json:"mode"`
	Calibration calibration   `json:"calibration"`
	Table       string        `json:"table"` // hash of the static table that it was trained with
	Shape       shape         `json:"shape"`
	Unit        float32       `json:"unit"`
	Words       int           `json:"words"`
	Chars       int           `json:"chars"`
	Entries     int           `json:"entries"`
	Full        int           `json:"full"`
	Dim         int           `json:"dim"` // 0 where the static view counts nothing
}

// WriteTo writes the model, without its Answer. The same model gives the same bytes.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	h := header{
		Labels: m.labels, Mode: m.mode, Calibration: m.cal, Table: m.table.Hash(), Shape: m.vocabulary.shape, Unit: m.unit,
		Words: len(m.vocabulary.hashes[viewWord]), Chars: len(m.vocabulary.hashes[viewChar]), Entries: len(m.to), Full: len(m.full),
	}
	if len(m.vectors) > 0 {
		h.Dim = m.table.Dim()
	}
	return format.Write(w, h,
		m.vocabulary.hashes[viewWord], m.vocabulary.hashes[viewChar], m.vocabulary.rarity, m.scales, m.ends, m.to, m.weights,
		m.full, widen(m.rows, roundUp(len(m.labels)), len(m.labels)), m.biases, m.vectors[:len(m.labels)*h.Dim])
}

// Load reads a model that WriteTo wrote. table is the embeddings that it was trained with; nil takes those that are
// compiled into the binary. It reads to the end of the model and no further, and allocates no more than a part beyond
// what is there. A damaged, cut, foreign or newer file gives a *fault.Error of the code model.invalid.
func Load(r io.Reader, table *static.Table) (*Model, error) {
	if table == nil {
		var err error
		if table, err = static.Embedded(); err != nil {
			return nil, fault.New(fault.Internal, "%w", err)
		}
	}
	m, err := load(r, table)
	if err != nil {
		return nil, modelfile.Invalid(err)
	}
	return m.With(Answer{})
}

func load(r io.Reader, table *static.Table) (*Model, error) {
	var h header
	in, err := format.Open(r, &h)
	if err != nil {
		return nil, err
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	v := &vocabulary{shape: h.Shape}
	n := h.Words + h.Chars
	v.hashes[viewWord], v.hashes[viewChar] = modelfile.Slice[uint32](in, h.Words), modelfile.Slice[uint32](in, h.Chars)
	v.rarity = modelfile.Slice[float32](in, n)
	m := &Model{table: table, trained: trained{labels: h.Labels, mode: h.Mode, vocabulary: v, unit: h.Unit, cal: h.Calibration}}
	m.scales, m.ends = modelfile.Slice[float32](in, n), modelfile.Slice[uint32](in, n)
	m.to, m.weights = modelfile.Slice[uint16](in, h.Entries), modelfile.Slice[int8](in, h.Entries)
	m.full = modelfile.Slice[uint32](in, h.Full)
	m.rows = widen(modelfile.Slice[int8](in, h.Full*len(h.Labels)), len(h.Labels), roundUp(len(h.Labels)))
	m.biases, m.vectors = modelfile.Slice[float32](in, len(h.Labels)), modelfile.Slice[int16](in, len(h.Labels)*h.Dim)
	if _, err := in.Close(); err != nil {
		return nil, err
	}
	switch {
	case h.Table != table.Hash():
		return nil, modelfile.ErrTable
	case h.Dim != 0 && h.Dim != table.Dim():
		return nil, fmt.Errorf("%w: vectors of %d components", modelfile.ErrContent, h.Dim)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if h.Dim > 0 {
		padded := (len(h.Labels) + kernel.Block - 1) / kernel.Block * kernel.Block
		m.vectors = append(m.vectors, make([]int16, (padded-len(h.Labels))*h.Dim)...)
	}
	v.build()
	m.index()
	m.scale()
	return m, nil
}

// widen copies rows into rows of another width: what is behind is cut off, or zero.
func widen(rows []int8, from, to int) []int8 {
	out := make([]int8, len(rows)/from*to)
	for i := range len(rows) / from {
		copy(out[i*to:(i+1)*to], rows[i*from:(i+1)*from])
	}
	return out
}

// check refuses sizes that no model has.
func (h *header) check() error {
	const most = 1 << 31
	ok := len(h.Labels) >= 1 && len(h.Labels) <= MaxLabels && h.Words >= 0 && h.Chars >= 0 && h.Words+h.Chars <= maxFeatures &&
		h.Words <= maxFeatures && h.Entries >= 0 && h.Entries < most && h.Full >= 0 && h.Full <= h.Words+h.Chars && h.Dim >= 0 && h.Dim <= 1<<14
	if !ok {
		return modelfile.ErrContent
	}
	return nil
}

// check refuses what would make answers panic, or be no numbers. Only a file that was made to deceive fails here.
func (m *Model) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", modelfile.ErrContent, what) }
	labels := len(m.labels)
	sh := m.vocabulary.shape
	if sh.Words < 1 || sh.Words > 8 || sh.Pairs < 0 || sh.Pairs > 8 || sh.CharLow < 0 || sh.CharTop < 0 || sh.CharTop > 8 {
		return bad("n-grams")
	}
	for k := range views {
		for i, h := range m.vocabulary.hashes[k] {
			if h >= buckets || i > 0 && h <= m.vocabulary.hashes[k][i-1] {
				return bad("order of n-grams")
			}
		}
	}
	last := uint32(0)
	for _, end := range m.ends {
		if end < last {
			return bad("ends")
		}
		last = end
	}
	if int(last) != len(m.to) {
		return bad("number of weights")
	}
	for i, f := range m.full {
		if int(f) >= len(m.scales) || i > 0 && f <= m.full[i-1] {
			return bad("full rows")
		}
	}
	for _, l := range m.to {
		if int(l) >= labels {
			return bad("labels of weights")
		}
	}
	for _, part := range [][]float32{m.vocabulary.rarity, m.scales, m.biases, {m.unit}} {
		for _, x := range part {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) || x > 1e9 || x < -1e9 {
				return bad("numbers")
			}
		}
	}
	for i, s := range m.scales {
		if s < 0 || m.vocabulary.rarity[i] < 0 {
			return bad("negative scales")
		}
	}
	return m.checkCalibration()
}

func (m *Model) checkCalibration() error {
	c, labels := m.cal, len(m.labels)
	switch m.mode {
	case classify.Single:
		if !(c.Temperature >= temperature.Coldest/2 && c.Temperature <= 2*temperature.Hottest) || !(math.Abs(c.Gain) <= 1e9) || !(math.Abs(c.Center) <= 1e9) {
			return fmt.Errorf("%w: temperature", modelfile.ErrContent)
		}
	case classify.Multi:
		if len(c.Slopes) != labels || len(c.Offsets) != labels || len(c.Thresholds) != labels {
			return fmt.Errorf("%w: calibration", modelfile.ErrContent)
		}
	default:
		return fmt.Errorf("%w: mode %q", modelfile.ErrContent, string(m.mode))
	}
	return nil
}
