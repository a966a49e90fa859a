package encoder

import "github.com/winnow-stream/winnow/classify/wordpiece"

const (
	// batchTokens is how many tokens, of one text or of several, go through the layers together: at least maxWindow.
	batchTokens = 256
	// blockRows is how many of them go through a product together, so that what it makes stays in a core's own cache.
	blockRows = 64
)

// scratch is what one thread needs: about 4 MiB for MiniLM. Numbers of rows are in tokens.
type scratch struct {
	words   *wordpiece.Scratch
	text    []uint32 // tokens of the text at hand
	batch   []uint32 // sequences of tokens side by side
	lengths []int    // of each sequence
	owners  []owner  // of each sequence

	hidden  []float32 // batchTokens × hidden: what goes from layer to layer
	mixed   []float32 // batchTokens × 3 × hidden: query, key and value
	context []float32 // batchTokens × hidden: what attention gives
	added   []float32 // blockRows × hidden: what is added to hidden
	inner   []float32 // blockRows × inner

	quantized []uint8   // blockRows × the widest input
	sums      []int32   // blockRows × the widest output
	scales    []float32 // of quantized, one a row
	zeros     []int32

	keys   []float32 // of one head in panels
	scores []float32 // window × padded window
	totals []float32 // of the rows of scores
	pooled []float64 // sum over a sequence's tokens
}

// owner is the text that a sequence is a part of.
type owner struct {
	row   int
	share float32 // of the text's vector
}

// keepIDs bounds the tokens that a scratch keeps between texts: 1 MiB.
const keepIDs = 1 << 18

func newScratch(m *Model) *scratch {
	a := &m.architecture
	padded := pad(m.window)
	return &scratch{
		words:   new(wordpiece.Scratch),
		batch:   make([]uint32, 0, batchTokens),
		lengths: make([]int, 0, batchTokens),
		owners:  make([]owner, 0, batchTokens),

		hidden:  make([]float32, batchTokens*a.Hidden),
		mixed:   make([]float32, batchTokens*3*a.Hidden),
		context: make([]float32, batchTokens*a.Hidden),
		added:   make([]float32, blockRows*a.Hidden),
		inner:   make([]float32, blockRows*a.Inner),

		quantized: make([]uint8, blockRows*max(a.Hidden, a.Inner)),
		sums:      make([]int32, blockRows*max(3*a.Hidden, a.Inner)),
		scales:    make([]float32, blockRows),
		zeros:     make([]int32, blockRows),

		keys:   make([]float32, padded*a.head()),
		scores: make([]float32, padded*padded),
		totals: make([]float32, padded),
		pooled: make([]float64, a.Hidden),
	}
}
