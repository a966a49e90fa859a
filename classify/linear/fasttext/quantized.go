package fasttext

import "fmt"

// centroids is how many values a code of a product quantizer chooses from.
const centroids = 256

// quantizer is a product quantizer (Jégou et al., 2011): a row is cut into parts of width components, the last one into
// what is left, and each part is replaced by the nearest of 256 centroids.
type quantizer struct {
	dim, parts, width, last int
	values                  []float32 // parts × 256 × width, the last part's as narrow as it is
}

// newQuantizer checks the four numbers of a quantizer's header against each other.
func newQuantizer(dim, parts, width, last int) (*quantizer, error) {
	if dim < 1 || dim > maxDim || width < 1 || width > dim || parts != (dim+width-1)/width || last != dim-(parts-1)*width {
		return nil, fmt.Errorf("a quantizer of %d dimensions in %d parts of %d, the last of %d", dim, parts, width, last)
	}
	return &quantizer{dim, parts, width, last, nil}, nil
}

// centroid is the value of one part's code.
func (q *quantizer) centroid(part int, code byte) []float32 {
	if part == q.parts-1 {
		return q.values[part*centroids*q.width+int(code)*q.last:][:q.last]
	}
	return q.values[(part*centroids+int(code))*q.width:][:q.width]
}

// quantized is a matrix of codes. With norms, rows were scaled to length 1 before, and their lengths have codes too.
type quantized struct {
	rows  int
	codes []byte // rows × parts
	pq    *quantizer
	norms []byte // a code for each row; nil without norms
	npq   *quantizer
}

// norm is what a row is multiplied by.
func (m *quantized) norm(row int) float32 {
	if m.norms == nil {
		return 1
	}
	return m.npq.values[m.norms[row]]
}

// add adds a row to acc, each product rounded by itself as in fastText.
func (m *quantized) add(acc []float32, row int) {
	norm, q := m.norm(row), m.pq
	for part, code := range m.codes[row*q.parts:][:q.parts] {
		to := acc[part*q.width:]
		for d, v := range q.centroid(part, code) {
			to[d] += float32(norm * v)
		}
	}
}

// average is kernel.Average over rows of codes.
func (m *quantized) average(acc []float32, ids []int32, scale float32) {
	clear(acc)
	for _, id := range ids {
		m.add(acc, int(id))
	}
	for d := range acc {
		acc[d] *= scale
	}
}

// inflate makes plain rows of the codes, with room for more.
func (m *quantized) inflate(spare int) *Matrix {
	dense := newMatrix(m.rows, m.pq.dim, spare)
	dense.UseLargePages()
	for i := range m.rows {
		m.add(dense.Row(i), i)
	}
	return dense
}
