package tagger

// scratch is what one goroutine needs to tag: about 2 MiB for 6 types, most of it the cache of tokens.
type scratch struct {
	tokens   []Token
	from, to int // tokens of the chain at hand
	speller  speller
	vectors  *embedder
	dots     []int32 // of a vector and the centroids
	around   []brief
	entries  []*entry // by position of the chain
	keys     []uint64
	chain    lattice
	chooser  chooser
	pieces   []piece
	cache    []entry // each token in its only place
	spare    []entry // by position of the chain: tokens that are not cached
	bound    entry
}

// cacheSize is the number of tokens that are cached.
const cacheSize = 1 << 12

// entry holds what a token adds to the weights of those around it, itself among them.
type entry struct {
	size   uint8 // of token; 0: the entry is free
	token  [maxWord]byte
	brief  brief
	scores []float32 // offsets × labels
}

func (m *Model) newScratch() *scratch {
	s := &scratch{
		cache: make([]entry, cacheSize), spare: make([]entry, maxChain),
		vectors: newEmbedder(m.table), dots: make([]int32, allClusters),
	}
	s.chain.labels, s.chain.trans = m.labels, m.factors
	m.fill(&s.bound, s.speller.bound())
	return s
}
