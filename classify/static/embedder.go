package static

import "github.com/winnow-stream/winnow/classify/prototype"

// Embedder turns texts into vectors by a Table. It is not safe for concurrent use: each goroutine has its own, of about
// 170 KiB.
type Embedder struct {
	table   *Table
	scratch *scratch
}

// Embedder returns a new embedder over the table.
func (t *Table) Embedder() *Embedder { return &Embedder{t, newScratch(t.rows.Dim())} }

// Dim is the number of components of a text's vector, a multiple of kernel.Lanes.
func (t *Table) Dim() int { return t.rows.Dim() }

// Size is how many bytes the embeddings take. Those of the embedded table are mapped from the binary.
func (t *Table) Size() int64 { return int64(t.rows.Len()) * int64(t.rows.Dim()+4) }

// Hash is over the vocabulary and the embeddings: 64 hexadecimal digits.
func (t *Table) Hash() string { return t.hash }

// Embed returns the vector of a text, of length kernel.Unit, and the number of its tokens. The vector is nil when no
// token is known; it is valid until the next call.
func (e *Embedder) Embed(text []byte) (vector []int16, tokens int) {
	known := e.table.embed(text, e.scratch)
	if !known {
		return nil, len(e.scratch.ids)
	}
	return e.scratch.vector, len(e.scratch.ids)
}

// Words reads a label's name in snake_case, kebab-case or CamelCase as words.
func Words(name string) string { return prototype.Words(name) }
