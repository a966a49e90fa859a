package fasttext

import (
	"fmt"
	"strings"
	"sync"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// Model is a supervised model of fastText. It does not change, and is safe for concurrent use.
type Model struct {
	args          Args
	dict          *dictionary.Dictionary
	input, output weights
	tokens        int64 // of the texts that it was trained on
	outputFlag    bool  // as the file has it
	trailer       trailer

	labels  []string // as their users know them
	blocks  []block  // of the output; none with hierarchical softmax
	tree    *tree    // of hierarchical softmax
	sigmoid *sigmoid

	shortcutOnce sync.Once
	shortcut     shortcut

	hashOnce sync.Once
	hash     string
}

// Parts are what a model is made of, for those who train one.
type Parts struct {
	Args Args
	// Words and Labels are in the order of the matrices' rows. Labels have dictionary.LabelPrefix, no white space, and
	// descending counts.
	Words, Labels []dictionary.Entry
	// Tokens is how many words and labels the texts of training had, ends of lines included.
	Tokens int64
	// Names are the labels as users know them, without prefix; nil is the labels without it.
	Names []string
	// Input has a row for each word and bucket, Output one for each label. The model keeps both.
	Input, Output *Matrix
}

// Assemble makes a model of its parts. It fails when they don't fit together.
func Assemble(p Parts) (*Model, error) {
	dict, err := dictionary.New(p.Args.ngrams(), p.Words, p.Labels, nil)
	if err != nil {
		return nil, err
	}
	switch {
	case len(p.Labels) == 0:
		return nil, fmt.Errorf("a model without labels")
	case p.Input.Rows != dict.Rows() || p.Output.Rows != len(p.Labels) || p.Input.Dim != p.Args.Dim || p.Output.Dim != p.Args.Dim:
		return nil, fmt.Errorf("matrices of %d × %d and %d × %d for %d words, %d buckets and %d labels of %d dimensions",
			p.Input.Rows, p.Input.Dim, p.Output.Rows, p.Output.Dim, len(p.Words), p.Args.Bucket, len(p.Labels), p.Args.Dim)
	case p.Names != nil && len(p.Names) != len(p.Labels):
		return nil, fmt.Errorf("%d names for %d labels", len(p.Names), len(p.Labels))
	}
	m := &Model{args: p.Args, dict: dict, tokens: p.Tokens, input: weights{dense: p.Input}, output: weights{dense: p.Output}}
	m.trailer.Labels = p.Names
	return m, m.finish()
}

// finish derives what follows from the weights.
func (m *Model) finish() error {
	if m.output.dense == nil {
		return errForeign{"a fastText model whose quantized output is too large to be put together", "quantize it without -qout"}
	}
	m.labels = m.trailer.Labels
	if m.labels == nil {
		m.labels = plainLabels(m.dict)
	}
	if m.args.Loss == HierarchicalSoftmax {
		counts := make([]int64, len(m.labels))
		for i, l := range m.dict.Labels() {
			counts[i] = l.Count
		}
		var err error
		m.tree, err = newTree(counts)
		return err
	}
	m.sigmoid = sigmoids()
	m.blocks = m.output.blocks(len(m.labels))
	return nil
}

// plainLabels are a dictionary's labels without their prefix.
func plainLabels(d *dictionary.Dictionary) []string {
	labels := make([]string, len(d.Labels()))
	for i, l := range d.Labels() {
		labels[i] = strings.TrimPrefix(l.Text, dictionary.LabelPrefix)
	}
	return labels
}

// Args are the parameters that the model was trained with.
func (m *Model) Args() Args { return m.args }

// Labels are the labels without prefix, in the order that Prediction.Label refers to. In models of winnow they are as
// they were given, white space included. The slice belongs to the model.
func (m *Model) Labels() []string { return m.labels }

// Dictionary is what the model knows of words and labels.
func (m *Model) Dictionary() *dictionary.Dictionary { return m.dict }

// Input is the dense input matrix; nil when it is quantized and too large to be put together.
func (m *Model) Input() *Matrix { return m.input.dense }

// Output is the output matrix: a row for each label, or for each node with HierarchicalSoftmax.
func (m *Model) Output() *Matrix { return m.output.dense }

// Quantized says whether the input matrix is quantized, as in .ftz files.
func (m *Model) Quantized() bool { return m.input.codes != nil }

// block are up to kernel.Width labels of the output, one column each, for kernel.Scores.
type block struct {
	values []float32 // dim × width
	width  int
	norms  []float32 // what a column's score is multiplied by; nil is 1
}

// blocks are the first n rows, transposed.
func (w *weights) blocks(n int) []block {
	dim := w.dense.Dim
	row := make([]float32, kernel.Pad(dim))
	var all []block
	for start := 0; start < n; start += kernel.Width {
		width := (min(n-start, kernel.Width) + kernel.Narrow - 1) / kernel.Narrow * kernel.Narrow
		b := block{values: make([]float32, dim*width), width: width}
		if w.codes != nil && w.codes.norms != nil {
			b.norms = make([]float32, width)
		}
		for j := range min(n-start, width) {
			from := w.dense.Row(start + j)
			if b.norms != nil { // fastText multiplies by the norm last
				plain := *w.codes
				plain.norms = nil
				clear(row)
				plain.add(row, start+j)
				from, b.norms[j] = row, w.codes.norm(start+j)
			}
			for d := range dim {
				b.values[d*width+j] = from[d]
			}
		}
		all = append(all, b)
	}
	return all
}

// sigmoid is fastText's table of 1 / (1 + e^−x) from −8 to 8.
type sigmoid [sigmoidSize + 1]float32

const (
	sigmoidSize = 512
	sigmoidMax  = 8
)

var sigmoids = sync.OnceValue(func() *sigmoid {
	t := new(sigmoid)
	for i := range t {
		x := float32(i*2*sigmoidMax)/sigmoidSize - sigmoidMax
		t[i] = float32(1 / (1 + float64(exp32(-x))))
	}
	return t
})

// Sigmoid is fastText's sigmoid: a step of its table, 0 below −8, 1 above 8.
func Sigmoid(x float32) float32 { return sigmoids().at(x) }

func (t *sigmoid) at(x float32) float32 {
	switch {
	case x < -sigmoidMax:
		return 0
	case x > sigmoidMax:
		return 1
	}
	return t[int(float32(float32(x+sigmoidMax)*sigmoidSize)/sigmoidMax/2)]
}
