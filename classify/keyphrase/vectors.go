package keyphrase

import (
	"strings"
	"unsafe"

	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Limits of what a document's vector is made of.
const (
	chunk  = 16 << 10 // bytes that are embedded at once
	chunks = 64       // of a larger text, spread evenly
)

// vectors are those of a document and its finalists.
type vectors struct {
	embedder *static.Embedder
	dim      int
	sum      []int32
	document []int16
	known    bool    // a token of the document is known
	rows     []int16 // finalists × dim, unit vectors, zero where no token is known; padded with zero rows
	near     []int32 // of each finalist to whatever was asked last, as the kernel counts
	toDoc    []int32
}

func newVectors(t *static.Table) vectors {
	return vectors{
		embedder: t.Embedder(), dim: t.Dim(), sum: make([]int32, t.Dim()), document: make([]int16, t.Dim()),
		rows: make([]int16, finalists*t.Dim()), near: make([]int32, finalists), toDoc: make([]int32, finalists),
	}
}

// read embeds the text and the finalists.
func (v *vectors) read(text string, groups []group) {
	v.embedText(text)
	padded := (len(groups) + kernel.Block - 1) / kernel.Block * kernel.Block
	clear(v.rows[:padded*v.dim])
	for i := range groups {
		if x, _ := v.embedder.Embed(bytesOf(text[groups[i].start:groups[i].end])); x != nil {
			copy(v.row(i), x)
		}
	}
	v.toDoc = v.toDoc[:padded]
	if padded > 0 {
		kernel.Dots(v.toDoc, v.document, v.rows[:padded*v.dim])
	}
}

func (v *vectors) row(i int) []int16 { return v.rows[i*v.dim : (i+1)*v.dim] }

// embedText leaves the vector of the text in v.document: the mean of its chunks', by their tokens.
func (v *vectors) embedText(text string) {
	clear(v.document)
	v.known = false
	if len(text) <= chunk {
		if x, _ := v.embedder.Embed(bytesOf(text)); x != nil {
			copy(v.document, x)
			v.known = true
		}
		return
	}
	clear(v.sum)
	n := min((len(text)+chunk-1)/chunk, chunks)
	for i := range n {
		// Chunks begin and end behind a space where there is one nearby.
		start := behindSpace(text, int(int64(len(text))*int64(i)/int64(n)))
		end := behindSpace(text, min(start+chunk, int(int64(len(text))*int64(i+1)/int64(n))))
		if i == n-1 && n < chunks {
			end = len(text)
		}
		x, tokens := v.embedder.Embed(bytesOf(text[start:max(start, end)]))
		// 2^15 · 2^14 tokens / 2^8 · 64 chunks are below 2^31.
		for d, c := range x {
			v.sum[d] += int32(int64(c) * int64(tokens) >> 8)
		}
	}
	v.known = kernel.Scale(v.document, v.sum)
}

// behindSpace is the first place from i on that is behind a space, or i where none is near.
func behindSpace(text string, i int) int {
	const near = 64
	if i == 0 {
		return 0
	}
	if j := strings.IndexAny(text[i:min(i+near, len(text))], " \n"); j >= 0 {
		return i + j + 1
	}
	return i
}

// toDocument is the cosine of finalist i and the document, 0 to 1.
func (v *vectors) toDocument(i int) float64 { return cosine(v.toDoc[i]) }

// like leaves how near each finalist is to finalist i.
func (v *vectors) like(i, n int) {
	padded := (n + kernel.Block - 1) / kernel.Block * kernel.Block
	v.near = v.near[:padded]
	kernel.Dots(v.near, v.row(i), v.rows[:padded*v.dim])
}

func cosine(dot int32) float64 {
	return min(max(float64(dot)/(kernel.Unit*kernel.Unit), 0), 1)
}

// bytesOf is the text as bytes, in place. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
