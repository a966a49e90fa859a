package tagger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// A model's file is, little endian:
//
//	magic        8 bytes "winnowET"
//	version      uint32, formatVersion
//	header       uint32 length, then JSON: types, tuning, table, dim, rows
//	keys         uint64 × rows: attributes, ascending
//	scales       float32 × rows
//	weights      int8 × rows × labels, times their row's scale; labels are 1 + 2 × types
//	centroids    int16 × 320 × dim: of the clusters of words
//	transitions  float64 × labels × labels, from × to; 0 where forbidden
//	checksum     uint64: xxhash64 of everything before
//
// A change of what bytes or numbers mean, tokens and attributes too, is a new formatVersion.
const (
	formatMagic   = "winnowET"
	formatVersion = 1
	maxHeader     = 1 << 20 // bytes; 40 types of 100 bytes are far below
)

// header is the part of a file that is JSON.
type header struct {
	Types  []string `json:"types"`
	Tuning tuning   `json:"tuning"`
	Table  string   `json:"table"` // hash of the embeddings
	Dim    int      `json:"dim"`
	Rows   int      `json:"rows"`
}

// WriteTo writes the model. The same model gives the same bytes.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	text, err := json.Marshal(header{m.types, m.tuning, m.table.Hash(), m.groups.dim, len(m.scales)})
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
	for _, part := range []any{m.keys, m.scales, m.weights, m.groups.centroids, m.transitions} {
		if out.err == nil {
			out.err = binary.Write(out, le, part)
		}
	}
	out.write(le.AppendUint64(nil, sum.Sum64()))
	return out.n, out.err
}

// identify sets the version, as a file's would be.
func (m *Model) identify() error {
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return err
	}
	m.version = versionOf(b.Bytes()[b.Len()-8:])
	return nil
}

func versionOf(checksum []byte) string { return "tagger-" + hex.EncodeToString(checksum)[:12] }

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

// Load reads a model that WriteTo wrote, to its end and no further. table is the embeddings that it was trained with;
// nil: those that are compiled into the binary. Memory is taken for what is there, not for what a header promises. A
// damaged, cut, foreign or newer file gives a *fault.Error of the code model.invalid.
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
	return m, nil
}

// What can be wrong with a file.
var (
	errForeign = errors.New("it is not a tagger that winnow trained")
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
		return "check the path"
	}
	return "copy the file again, or train anew"
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
	if _, err := io.CopyN(&b, in.r, int64(n)); err != nil {
		if in.err = errCut; !errors.Is(err, io.EOF) {
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

// values reads n values of a fixed size.
func values[T any](in *input, n int) []T {
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
	L := labelsOf(len(h.Types))
	m := &Model{table: table, trained: trained{types: h.Types, labels: L, tuning: h.Tuning}}
	m.keys, m.scales = values[uint64](in, h.Rows), values[float32](in, h.Rows)
	m.weights = values[int8](in, h.Rows*L)
	m.groups = &clusters{h.Dim, values[int16](in, allClusters*h.Dim)}
	m.transitions = values[float64](in, L*L)
	want := in.sum.Sum64()
	got := in.bytes(8)
	switch {
	case in.err != nil:
		return nil, in.err
	case binary.LittleEndian.Uint64(got) != want:
		return nil, errDamaged
	case h.Table != table.Hash():
		return nil, errTable
	case h.Dim != table.Dim():
		return nil, fmt.Errorf("%w: vectors of %d components", errContent, h.Dim)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.version = versionOf(got)
	m.ready()
	return m, nil
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
	ok := len(h.Types) >= 1 && len(h.Types) <= maxTypes && h.Rows >= 0 && h.Rows <= maxRows && h.Dim >= 0 && h.Dim <= maxDim
	if !ok {
		return h, errContent
	}
	return h, nil
}

// check refuses what would make answers panic, or be no numbers. Only a file that was made to deceive fails here.
func (m *Model) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", errContent, what) }
	for i, t := range m.types {
		if strings.TrimSpace(t) == "" || len(t) > maxTypeName || i > 0 && t <= m.types[i-1] {
			return bad("types")
		}
	}
	for i, k := range m.keys {
		if i > 0 && k <= m.keys[i-1] {
			return bad("order of features")
		}
	}
	const most = 1e4 // a chain adds up some hundred weights, and e^x of differences is taken
	if slices.ContainsFunc(m.scales, func(x float32) bool { return !(x >= 0 && x <= most) }) {
		return bad("weights")
	}
	const mostTransition = 500 // e^500 times itself is still a number
	if slices.ContainsFunc(m.transitions, func(x float64) bool { return !(x >= -mostTransition && x <= mostTransition) }) {
		return bad("transitions")
	}
	t := m.tuning
	if !(t.Threshold >= 0.01 && t.Threshold <= 1) || !(t.Slope > 0 && t.Slope <= most) || !(math.Abs(t.Offset) <= most) {
		return bad("tuning")
	}
	return nil
}
