package fasttext

// Loss is how the scores of a model become probabilities, and what it was trained to make small. The numbers are those
// of the file format.
type Loss int32

const (
	// HierarchicalSoftmax is a path through a tree of labels, each turn of which has a probability.
	HierarchicalSoftmax Loss = 1 + iota
	// NegativeSampling is one sigmoid a label, trained against a few random other labels.
	NegativeSampling
	// Softmax shares a probability of 1 among the labels.
	Softmax
	// OneVsAll is one sigmoid a label, trained against all other labels.
	OneVsAll
)

// String is the name that fastText's command line has for it.
func (l Loss) String() string {
	switch l {
	case HierarchicalSoftmax:
		return "hs"
	case NegativeSampling:
		return "ns"
	case Softmax:
		return "softmax"
	case OneVsAll:
		return "ova"
	default:
		return "unknown"
	}
}

// independent says whether each label has a probability of its own.
func (l Loss) independent() bool { return l == OneVsAll || l == NegativeSampling }

// Args are the parameters that a model's file records, by the names of fastText's command line.
type Args struct {
	Dim          int     // -dim: components of a word's vector
	WindowSize   int     // -ws: of no meaning for a supervised model
	Epoch        int     // -epoch
	MinCount     int     // -minCount: words seen less often are left out
	Neg          int     // -neg: labels drawn against the right one, with NegativeSampling
	WordNgrams   int     // -wordNgrams: words in the longest n-gram of words
	Loss         Loss    // -loss
	Bucket       int     // -bucket: rows that n-grams share
	MinN         int     // -minn: characters in the shortest n-gram of a word
	MaxN         int     // -maxn: characters in the longest; 0 is none
	LRUpdateRate int     // -lrUpdateRate: tokens between two changes of the learning rate
	T            float64 // -t: of no meaning for a supervised model
}
