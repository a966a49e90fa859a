package tagger

import "github.com/winnow-stream/winnow/classify/static"

// embedder finds vectors of tokens; it is not safe for concurrent use.
type embedder struct {
	vectors *static.Embedder
	buf     []byte
}

func newEmbedder(t *static.Table) *embedder { return &embedder{vectors: t.Embedder()} }

// embed returns a token's vector, valid until the next call; nil: it has none.
func (e *embedder) embed(token string, w *word) []int16 {
	switch w.form {
	case formURL, formHandle, formMark, formNumber, formBound:
		return nil
	case formTag:
		token = static.Words(token[1:])
	}
	e.buf = append(e.buf[:0], token...)
	v, _ := e.vectors.Embed(e.buf)
	return v
}
