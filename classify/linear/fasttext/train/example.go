package train

import "iter"

// Example is a text with its labels. Labels are as users write them, without fastText's prefix; white space in them becomes
// _ in the file, and stays in the model's Labels. Words of the text that begin with that prefix are left out.
type Example struct {
	Text   string
	Labels []string
}

// Examples gives the same examples in the same order each time that it is ranged over, one range at a time. An error ends
// the training.
type Examples = iter.Seq2[Example, error]

// Slice gives the examples of a slice.
func Slice(list []Example) Examples {
	return func(yield func(Example, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}
