package kernel

// Pad is the padded length of a vector of n components.
func Pad(n int) int { return (n + Lanes - 1) / Lanes * Lanes }

// vector panics unless a vector has a length that the loops can take.
func vector(x []float32) {
	if len(x) == 0 || len(x)%Lanes != 0 {
		panic("kernel: a vector's length is no multiple of Lanes")
	}
}

// rows panics unless all ids are rows of a table that are as long as x. Ids are checked, since the assembly is not.
func rows(table []float32, ids []int32, x []float32) {
	vector(x)
	n := uint32(len(table) / len(x))
	for _, id := range ids {
		if uint32(id) >= n {
			panic("kernel: an id is beyond the table")
		}
	}
}

// Average sets acc to the sum of the rows of table that ids name, in their order, times scale. Rows are as long as acc.
func Average(acc, table []float32, ids []int32, scale float32) {
	rows(table, ids, acc)
	average(acc, table, ids, scale)
}

// Prefetch asks for the rows of table that ids name to be brought near; rows are stride long. It changes nothing.
func Prefetch(table []float32, ids []int32, stride int) { prefetch(table, ids, stride) }

// Scores sets out[j] to the sum of x[d] × block[d × len(out) + j] over d, added in the order of d. The number of columns
// is Narrow, 2 × Narrow or Width; x need not be padded.
func Scores(out, x, block []float32) {
	if n := len(out); n != Narrow && n != 2*Narrow && n != Width || len(x) == 0 || len(block) < len(x)*n {
		panic("kernel: a block of scores has a wrong size")
	}
	scores(out, x, block)
}

// Dots sets out[j] to the dot product of x and the j-th of rows, which are as long as x and follow one another.
func Dots(out, x, rows []float32) {
	vector(x)
	if len(rows) < len(out)*len(x) {
		panic("kernel: there are fewer rows than dot products")
	}
	if len(out) > 0 {
		dots(out, x, rows)
	}
}

// Softmax replaces each x by e^(x − max) and returns the sum of them all, which is at least 1. Padding must be so small
// that it adds nothing: Nothing.
func Softmax(x []float32) float32 {
	vector(x)
	return softmax(x)
}

// Nothing is a score whose exponential is 0 beside any other score of a model.
const Nothing = -1e30

// Descend is the gradient step of an output matrix, for its n rows and n step widths: it adds step × row to grad, and
// step × x to the row.
func Descend(grad, x, rows, steps []float32) {
	vector(x)
	if len(grad) != len(x) || len(rows) < len(steps)*len(x) {
		panic("kernel: rows, gradient and vector don't fit together")
	}
	if len(steps) > 0 {
		descend(grad, x, rows, steps)
	}
}

// Add adds x to each of the rows of table that ids name, as often as they name it.
func Add(table []float32, ids []int32, x []float32) {
	rows(table, ids, x)
	add(table, ids, x)
}
