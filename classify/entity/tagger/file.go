package tagger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/modelfile"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The arrays of a model's file (modelfile.Format) are, behind the header:
//
//	keys         uint64 × rows: attributes, ascending
//	scales       float32 × rows
//	weights      int8 × rows × labels, times their row's scale; labels are 1 + 2 × types
//	centroids    int16 × 320 × dim: of the clusters of words
//	transitions  float64 × labels × labels, from × to; 0 where forbidden
//
// A change of what bytes or numbers mean, tokens and attributes too, is a new version.
var format = modelfile.Format{
	Magic: "winnowET", Version: 1, Noun: "tagger",
	MaxHeader: 1 << 20, // 40 types of 100 bytes are far below
}

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
	h := header{m.types, m.tuning, m.table.Hash(), m.groups.dim, len(m.scales)}
	return format.Write(w, h, m.keys, m.scales, m.weights, m.groups.centroids, m.transitions)
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
		return nil, modelfile.Invalid(err)
	}
	return m, nil
}

func load(r io.Reader, table *static.Table) (*Model, error) {
	var h header
	in, err := format.Open(r, &h)
	if err != nil {
		return nil, err
	}
	if len(h.Types) < 1 || len(h.Types) > maxTypes || h.Rows < 0 || h.Rows > maxRows || h.Dim < 0 || h.Dim > maxDim {
		return nil, modelfile.ErrContent
	}
	L := labelsOf(len(h.Types))
	m := &Model{table: table, trained: trained{types: h.Types, labels: L, tuning: h.Tuning}}
	m.keys, m.scales = modelfile.Slice[uint64](in, h.Rows), modelfile.Slice[float32](in, h.Rows)
	m.weights = modelfile.Slice[int8](in, h.Rows*L)
	m.groups = &clusters{h.Dim, modelfile.Slice[int16](in, allClusters*h.Dim)}
	m.transitions = modelfile.Slice[float64](in, L*L)
	sum, err := in.Close()
	switch {
	case err != nil:
		return nil, err
	case h.Table != table.Hash():
		return nil, modelfile.ErrTable
	case h.Dim != table.Dim():
		return nil, fmt.Errorf("%w: vectors of %d components", modelfile.ErrContent, h.Dim)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.version = versionOf(binary.LittleEndian.AppendUint64(nil, sum))
	m.ready()
	return m, nil
}

// check refuses what would make answers panic, or be no numbers. Only a file that was made to deceive fails here.
func (m *Model) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", modelfile.ErrContent, what) }
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
