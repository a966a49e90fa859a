package train

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxVectorLine bounds a line of a file of vectors: 2,000 components with 16 digits each are far below it.
const maxVectorLine = 1 << 20 // bytes

// VectorFile gives the vectors of a text file as fastText and word2vec write them (.vec): a line with the number of
// vectors and of their components, then a word and its components a line, separated by spaces. The file is opened for
// each range. Errors are *fault.Error with file and line.
func VectorFile(path string) Vectors {
	return func(yield func(Vector, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(Vector{}, fault.New(fault.InputMissing, "open the vectors: %w", err).At(fault.Where{File: path}))
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxVectorLine)
		r := vectorReader{path: path}
		for lines.Scan() {
			v, err := r.line(lines.Text())
			if err != nil {
				yield(Vector{}, err)
				return
			}
			if r.number > 1 && !yield(v, nil) {
				return
			}
		}
		switch err := lines.Err(); {
		case err != nil:
			yield(Vector{}, r.bad("%w", err))
		case r.number == 0:
			yield(Vector{}, r.bad("the file is empty"))
		case r.number-1 != int64(r.count):
			yield(Vector{}, r.bad("the file has %d vectors, its first line says %d: it is cut short", r.number-1, r.count))
		}
	}
}

// vectorReader reads the lines of one file.
type vectorReader struct {
	path       string
	number     int64 // of the line, from 1
	count, dim int
	values     []float32
}

func (r *vectorReader) bad(format string, args ...any) error {
	return fault.New(fault.InputCorrupt, format, args...).At(fault.Where{File: r.path, Line: max(r.number, 1)})
}

// line reads the next line: the header, or a vector that is valid until the next call.
func (r *vectorReader) line(text string) (Vector, error) {
	r.number++
	if r.number == 1 {
		count, dim, _ := strings.Cut(strings.TrimSpace(text), " ")
		var err, err2 error
		r.count, err = strconv.Atoi(count)
		r.dim, err2 = strconv.Atoi(dim)
		if err != nil || err2 != nil || r.count < 0 || r.dim < 1 {
			return Vector{}, r.bad("the first line does not say how many vectors and components follow")
		}
		return Vector{}, nil
	}
	word, rest, _ := strings.Cut(text, " ")
	r.values = r.values[:0]
	for field := range strings.FieldsSeq(rest) {
		x, err := strconv.ParseFloat(field, 32)
		if err != nil || x-x != 0 {
			return Vector{}, r.bad("component %d of %q is no number: %q", len(r.values)+1, word, field)
		}
		r.values = append(r.values, float32(x))
	}
	if len(r.values) != r.dim {
		return Vector{}, r.bad("%q has %d components, the first line says %d", word, len(r.values), r.dim)
	}
	return Vector{Word: word, Values: r.values}, nil
}
