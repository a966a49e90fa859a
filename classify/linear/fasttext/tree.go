package fasttext

import "errors"

// tree is the Huffman tree of hierarchical softmax: the labels are its leaves, node n stands behind them as the output
// row n − labels. Its shape follows from the counts of labels alone, as fastText builds it.
type tree struct {
	labels int
	nodes  []node
}

type node struct {
	parent      int32 // -1 at the root
	left, right int32 // -1 at a leaf
	turn        bool  // it is its parent's right child
}

// unbuilt is the count of a node that does not exist yet; no label may have as many.
const unbuilt = int64(1e15)

// newTree builds the tree over labels that are sorted by descending count.
func newTree(counts []int64) (*tree, error) {
	n := len(counts)
	t := &tree{n, make([]node, 2*n-1)}
	sums := make([]int64, 2*n-1)
	for i := range t.nodes {
		t.nodes[i] = node{-1, -1, -1, false}
		sums[i] = unbuilt
	}
	for i, c := range counts {
		if c < 0 || c >= unbuilt/int64(n) {
			return nil, errors.New("the count of a label is impossible")
		}
		sums[i] = c
	}
	// The two smallest of leaves and nodes not yet taken become one node. Leaves are taken from the end, nodes in the
	// order in which they were made; of two equal ones the node is taken.
	leaf, inner := n-1, n
	for i := n; i < 2*n-1; i++ {
		var pair [2]int
		for j := range pair {
			if leaf >= 0 && sums[leaf] < sums[inner] {
				pair[j] = leaf
				leaf--
			} else {
				pair[j] = inner
				inner++
			}
		}
		t.nodes[i].left, t.nodes[i].right = int32(pair[0]), int32(pair[1])
		sums[i] = sums[pair[0]] + sums[pair[1]]
		t.nodes[pair[0]].parent, t.nodes[pair[1]].parent = int32(i), int32(i)
		t.nodes[pair[1]].turn = true
	}
	return t, nil
}

// Turn is one decision on the path to a label: the output row that makes it, and whether to go right.
type Turn struct {
	Row   int32
	Right bool
}

// Paths are the turns from each label up to the root, for training. The counts are those of the labels, which stand in
// descending order.
func Paths(counts []int64) ([][]Turn, error) {
	t, err := newTree(counts)
	if err != nil {
		return nil, err
	}
	paths := make([][]Turn, t.labels)
	for i := range paths {
		for at := int32(i); t.nodes[at].parent >= 0; at = t.nodes[at].parent {
			paths[i] = append(paths[i], Turn{t.nodes[at].parent - int32(t.labels), t.nodes[at].turn})
		}
	}
	return paths, nil
}
