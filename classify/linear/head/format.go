package head

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// A model's file is, little endian:
//
//	magic     8 bytes "winnowLH"
//	version   uint32, formatVersion
//	header    uint32 length, then JSON: labels, mode, calibration, table, shape, sizes
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
//	checksum  uint64: xxhash64 of everything before
//
// A change of what bytes or numbers mean, the cutting into n-grams too, is a new formatVersion.
const (
	formatMagic   = "winnowLH"
	formatVersion = 1
	maxHeader     = 64 << 20 // bytes; 32,768 labels of 100 characters are 13 MB
)

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
	text, err := json.Marshal(h)
	if err != nil {
		return 0, err
	}
	sum := xxhash.New()
	out := &counting{w: io.MultiWriter(w, sum)}
	le := binary.LittleEndian
	out.write([]byte(formatMagic))
	out.write(le.AppendUint32(nil, formatVersion))
	out.write(le.AppendUint32(nil, uint32(len(text))))
	out.write(text)
	for _, part := range []any{
		m.vocabulary.hashes[viewWord], m.vocabulary.hashes[viewChar], m.vocabulary.rarity, m.scales, m.ends, m.to, m.weights,
		m.full, widen(m.rows, roundUp(len(m.labels)), len(m.labels)), m.biases, m.vectors[:len(m.labels)*h.Dim],
	} {
		if out.err == nil {
			out.err = binary.Write(out, le, part)
		}
	}
	out.write(le.AppendUint64(nil, sum.Sum64()))
	return out.n, out.err
}

// counting is a writer that counts and remembers its first error.
type counting struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (c *counting) write(b []byte) {
	if c.err == nil {
		_, c.err = c.Write(b)
	}
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
		return nil, fault.New(fault.ModelInvalid, "%w", err).WithFix("%s", fixOf(err))
	}
	return m.With(Answer{})
}

// What can be wrong with a file.
var (
	errForeign = errors.New("it is not a model that winnow trained")
	errNewer   = errors.New("a newer version of winnow wrote it")
	errDamaged = errors.New("it is damaged: its checksum is wrong")
	errCut     = errors.New("it is cut short")
	errTable   = errors.New("it was trained with another table of embeddings")
	errContent = errors.New("it contradicts itself")
)

func fixOf(err error) string {
	switch {
	case errors.Is(err, errNewer):
		return "use that version, or train anew with this one"
	case errors.Is(err, errTable):
		return "name the table that it was trained with, or train anew"
	case errors.Is(err, errForeign):
		return "check the path: winnow train writes such files"
	default:
		return "copy the file again, or train anew"
	}
}

// input reads a file and its checksum.
type input struct {
	r   io.Reader
	sum *xxhash.Digest
	err error
}

// bytes reads n bytes, in parts, so that memory is taken for what is there.
func (in *input) bytes(n int) []byte {
	if in.err != nil {
		return nil
	}
	var b bytes.Buffer
	got, err := io.CopyN(&b, in.r, int64(n))
	if got < int64(n) {
		if in.err = errCut; err != nil && !errors.Is(err, io.EOF) {
			in.err = err
		}
		return nil
	}
	_, _ = in.sum.Write(b.Bytes())
	return b.Bytes()
}

func (in *input) uint32() uint32 {
	b := in.bytes(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

// slice reads n values of a fixed size.
func slice[T any](in *input, n int) []T {
	var one T
	b := in.bytes(n * binary.Size(one))
	if in.err != nil {
		return nil
	}
	out := make([]T, n)
	if _, err := binary.Decode(b, binary.LittleEndian, out); err != nil {
		in.err = err
	}
	return out
}

func load(r io.Reader, table *static.Table) (*Model, error) {
	in := &input{r: r, sum: xxhash.New()}
	h, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	v := &vocabulary{shape: h.Shape}
	n := h.Words + h.Chars
	v.hashes[viewWord], v.hashes[viewChar] = slice[uint32](in, h.Words), slice[uint32](in, h.Chars)
	v.rarity = slice[float32](in, n)
	m := &Model{table: table, trained: trained{labels: h.Labels, mode: h.Mode, vocabulary: v, unit: h.Unit, cal: h.Calibration}}
	m.scales, m.ends = slice[float32](in, n), slice[uint32](in, n)
	m.to, m.weights = slice[uint16](in, h.Entries), slice[int8](in, h.Entries)
	m.full = slice[uint32](in, h.Full)
	m.rows = widen(slice[int8](in, h.Full*len(h.Labels)), len(h.Labels), roundUp(len(h.Labels)))
	m.biases, m.vectors = slice[float32](in, len(h.Labels)), slice[int16](in, len(h.Labels)*h.Dim)
	want := in.sum.Sum64()
	got := in.bytes(8)
	switch {
	case in.err != nil:
		return nil, in.err
	case binary.LittleEndian.Uint64(got) != want:
		return nil, errDamaged
	case h.Table != table.Hash():
		return nil, errTable
	case h.Dim != 0 && h.Dim != table.Dim():
		return nil, fmt.Errorf("%w: vectors of %d components", errContent, h.Dim)
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

func readHeader(in *input) (h header, err error) {
	if magic := in.bytes(len(formatMagic)); in.err == errCut || in.err == nil && string(magic) != formatMagic {
		return h, errForeign
	}
	switch version := in.uint32(); {
	case in.err != nil:
		return h, in.err
	case version > formatVersion:
		return h, errNewer
	case version != formatVersion:
		return h, errForeign
	}
	size := in.uint32()
	if in.err == nil && size > maxHeader {
		return h, errDamaged
	}
	text := in.bytes(int(size))
	if in.err != nil {
		return h, in.err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, fmt.Errorf("%w: %w", errDamaged, err)
	}
	const most = 1 << 31
	ok := len(h.Labels) >= 1 && len(h.Labels) <= MaxLabels && h.Words >= 0 && h.Chars >= 0 && h.Words+h.Chars <= maxFeatures &&
		h.Words <= maxFeatures && h.Entries >= 0 && h.Entries < most && h.Full >= 0 && h.Full <= h.Words+h.Chars && h.Dim >= 0 && h.Dim <= 1<<14
	if !ok {
		return h, errContent
	}
	return h, nil
}

// check refuses what would make answers panic, or be no numbers. Only a file that was made to deceive fails here.
func (m *Model) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", errContent, what) }
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
		if !(c.Temperature >= coldest/2 && c.Temperature <= 2*hottest) {
			return fmt.Errorf("%w: temperature", errContent)
		}
	case classify.Multi:
		if len(c.Slopes) != labels || len(c.Offsets) != labels || len(c.Thresholds) != labels {
			return fmt.Errorf("%w: calibration", errContent)
		}
	default:
		return fmt.Errorf("%w: mode %q", errContent, string(m.mode))
	}
	return nil
}
