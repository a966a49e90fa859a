package fasttext

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The file format, little endian, as fastText 0.9 writes it (saveModel and what it calls):
//
//	magic int32, version int32
//	args: 12 × int32, float64
//	dictionary: entries, words, labels int32; tokens, pruned int64 (−1: not pruned)
//	  each entry: its bytes, 0, count int64, kind int8 (0 word, 1 label)
//	  each pruned bucket: bucket, row int32
//	quantized bool, input matrix; quantized bool, output matrix
//	  dense: rows, dim int64; rows × dim float32
//	  quantized: norms bool; rows, dim int64; length of codes int32; codes; quantizer; codes of norms, their quantizer
//	  quantizer: dim, parts, width, last width int32; dim × 256 float32
//
// and behind that, in files of winnow, a trailer (trailer.go), which fastText does not read.
const (
	magic      = 793712314
	version    = 12
	oldVersion = 11 // supervised models have no character n-grams, whatever their header says
	supervised = 3  // the kind of model
)

// Load reads a .bin or .ftz file. A file that can't be read, is damaged, or is none of a supervised model gives a
// *fault.Error of the code model.invalid that says where and what to do.
func Load(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, invalid(path, err).WithFix("check the path")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, invalid(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, invalid(path, errors.New("not a file")).WithFix("name a .bin or .ftz file")
	}
	m, err := Read(f, info.Size())
	if e, ok := fault.As(err); ok {
		return nil, e.At(fault.Where{File: path})
	}
	return m, err
}

func invalid(path string, err error) *fault.Error {
	return fault.New(fault.ModelInvalid, "%w", err).At(fault.Where{File: path})
}

// errForeign are files that are whole, but no model to classify with.
type errForeign struct{ what, fix string }

func (e errForeign) Error() string { return e.what }

// Read is Load from a file of size bytes. What it allocates is bounded by size, times the padding of rows.
func Read(r io.ReaderAt, size int64) (*Model, error) {
	d := newDecoder(r, size)
	m, err := d.model()
	if err == nil {
		return m, nil
	}
	var foreign errForeign
	if errors.As(err, &foreign) {
		return nil, fault.New(fault.ModelInvalid, "%s", foreign.what).WithFix("%s", foreign.fix)
	}
	return nil, fault.New(fault.ModelInvalid, "a fastText model that can't be read: %w", err).
		WithFix("get the file again from where it came, or train the model again")
}

func (d *decoder) model() (m *Model, err error) {
	args, err := d.header()
	if err != nil {
		return nil, err
	}
	d.part = "dictionary"
	dict, tokens, pruned := d.dictionary(args)
	if d.err != nil {
		return nil, d.err
	}
	if len(dict.Labels()) == 0 {
		return nil, errForeign{"a model without labels", "train a supervised model"}
	}
	hash := hashOf(d.file, d.size) // beside the matrices, which are most of the file
	defer func() {
		if h := hash(); m != nil { // waited for in any case: the file is the caller's
			m.hash = h
		}
	}()
	m = &Model{args: args, dict: dict, tokens: tokens}
	d.part = "input matrix"
	quantizedInput := d.bool()
	if pruned && !quantizedInput {
		d.fail("the dictionary is pruned, but the matrix is not quantized: the file is damaged")
	}
	d.matrix(&m.input, quantizedInput, args, dict.Rows(), m.spare())
	d.part = "output matrix"
	quantizedOutput := d.bool()
	d.matrix(&m.output, quantizedInput && quantizedOutput, args, len(dict.Labels()), 0)
	m.outputFlag = quantizedOutput
	d.part = "end"
	m.trailer = d.trailer(len(dict.Labels()))
	if d.err != nil {
		return nil, d.err
	}
	if err := m.finish(); err != nil {
		return nil, err
	}
	return m, nil
}

// header reads magic, version and arguments.
func (d *decoder) header() (Args, error) {
	const notOne = "name a .bin or .ftz file that fastText or winnow wrote"
	if d.size < 8 {
		return Args{}, errForeign{fmt.Sprintf("not a fastText model: the file has %d bytes", d.size), notOne}
	}
	if d.int32() != magic && d.err == nil {
		return Args{}, errForeign{"not a fastText model: it does not begin with fastText's number", notOne}
	}
	v := d.int32()
	if d.err == nil && v != version && v != oldVersion {
		return Args{}, errForeign{
			fmt.Sprintf("a fastText model of format version %d, where %d and %d are known", v, oldVersion, version),
			"train the model again, or convert it with fastText 0.9",
		}
	}
	var a Args
	for _, field := range []*int{&a.Dim, &a.WindowSize, &a.Epoch, &a.MinCount, &a.Neg, &a.WordNgrams} {
		*field = d.int32()
	}
	a.Loss = Loss(d.int32())
	kind := d.int32()
	for _, field := range []*int{&a.Bucket, &a.MinN, &a.MaxN, &a.LRUpdateRate} {
		*field = d.int32()
	}
	a.T = d.float64()
	if v == oldVersion {
		a.MaxN = 0
	}
	switch {
	case d.err != nil:
	case kind == 1 || kind == 2:
		return a, errForeign{"a fastText model of word vectors, which has no labels", "train a supervised model (fasttext supervised)"}
	case kind != supervised:
		d.fail("the kind of model is %d: the file is damaged", kind)
	case a.Loss < HierarchicalSoftmax || a.Loss > OneVsAll:
		d.fail("the loss is %d: the file is damaged", a.Loss)
	case a.Dim < 1 || a.Dim > maxDim:
		d.fail("vectors of %d dimensions: the file is damaged", a.Dim)
	}
	return a, d.err
}

// dictionary reads words, labels and pruned buckets.
func (d *decoder) dictionary(a Args) (dict *dictionary.Dictionary, seen int64, isPruned bool) {
	entries, words, labels := d.int32(), d.int32(), d.int32()
	tokens, pruned := d.int64(), d.int64()
	const shortest = 10 // bytes of an entry
	if d.err == nil && (words < 0 || labels < 0 || entries != words+labels || tokens < 0 || pruned < -1) {
		d.fail("%d entries, %d words, %d labels, %d tokens, %d pruned: the file is damaged", entries, words, labels, tokens, pruned)
	}
	if !d.needs(int64(entries), shortest) {
		return nil, 0, false
	}
	list := d.entries(entries, words)
	var kept map[int32]int32
	if pruned >= 0 && d.needs(pruned, 8) {
		kept = make(map[int32]int32, pruned)
		for range pruned {
			bucket, row := d.int32(), d.int32()
			kept[int32(bucket)] = int32(row)
		}
		if d.err == nil && int64(len(kept)) != pruned {
			d.fail("a bucket was pruned twice: the file is damaged")
		}
	}
	if d.err != nil {
		return nil, 0, false
	}
	dict, err := dictionary.New(a.ngrams(), list[:words:words], list[words:], kept)
	if err != nil {
		d.fail("%w: the file is damaged", err)
	}
	return dict, tokens, kept != nil
}

func (a Args) ngrams() dictionary.Options {
	return dictionary.Options{WordNgrams: a.WordNgrams, MinN: a.MinN, MaxN: a.MaxN, Bucket: a.Bucket}
}

// entries reads n entries, the first of which are words. Their texts share one string.
func (d *decoder) entries(n, words int) []dictionary.Entry {
	list, ends := make([]dictionary.Entry, n), make([]int, n)
	var texts []byte
	for i := range list {
		texts = d.word(texts)
		ends[i] = len(texts)
		list[i].Count = d.int64()
		kind := d.byte()
		if d.err == nil && (kind > 1 || (kind == 1) != (i >= words)) {
			d.fail("entry %d is of the kind %d: the file is damaged", i, kind)
		}
		if d.err != nil {
			return nil
		}
	}
	all, start := string(texts), 0
	for i := range list {
		list[i].Text, start = all[start:ends[i]], ends[i]
	}
	return list
}

// matrix reads a matrix of at least rows × a.Dim.
func (d *decoder) matrix(w *weights, codes bool, a Args, rows, spare int) {
	if codes {
		w.codes = d.quantized(a, rows)
		if d.err == nil {
			w.inflate(d.size, spare)
		}
		return
	}
	m, n := d.int64(), d.int64()
	if !d.shape(m, n, a, rows) || !d.needs(m, 4*n) {
		return
	}
	w.dense = newMatrix(int(m), int(n), spare)
	w.dense.UseLargePages()
	for i := range int(m) {
		if d.err != nil {
			return
		}
		d.floats(w.dense.Row(i)[:n])
	}
}

// shape checks a matrix's size against the rest of the file.
func (d *decoder) shape(m, n int64, a Args, rows int) bool {
	if d.err == nil && (n != int64(a.Dim) || m < int64(rows) || m > math.MaxInt32) {
		d.fail("a matrix of %d × %d where %d × %d should be: the file is damaged", m, n, rows, a.Dim)
	}
	return d.err == nil
}

func (d *decoder) quantized(a Args, rows int) *quantized {
	norms := d.bool()
	m, n := d.int64(), d.int64()
	length := d.int32()
	if !d.shape(m, n, a, rows) {
		return nil
	}
	q := &quantized{rows: int(m), codes: d.bytes(int64(length))}
	q.pq = d.quantizer()
	if d.err == nil && (int64(q.pq.dim) != n || int64(length) != m*int64(q.pq.parts)) {
		d.fail("%d codes of %d dimensions for a matrix of %d × %d: the file is damaged", length, q.pq.dim, m, n)
	}
	if norms {
		q.norms = d.bytes(m)
		q.npq = d.quantizer()
		if d.err == nil && q.npq.dim != 1 {
			d.fail("norms of %d dimensions: the file is damaged", q.npq.dim)
		}
	}
	return q
}

func (d *decoder) quantizer() *quantizer {
	dim, parts, width, last := d.int32(), d.int32(), d.int32(), d.int32()
	if d.err != nil {
		return nil
	}
	q, err := newQuantizer(dim, parts, width, last)
	if err != nil {
		d.fail("%w: the file is damaged", err)
		return nil
	}
	if d.needs(int64(dim), 4*centroids) {
		q.values = make([]float32, dim*centroids)
		d.floats(q.values)
	}
	return q
}
