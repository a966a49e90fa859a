package classify

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Classifier gives each text of a batch a label, or several.
//
// The engine calls Classify from several goroutines at once, each with its own Results. Texts belong to the caller and
// may be released or overwritten as soon as Classify returns. A text that is null is answered with a null label. An
// error is about the call as a whole; a single bad row is reported by Results.Fail instead, and the other rows stand.
type Classifier interface {
	Classify(ctx context.Context, texts *array.String, out *Results) error
	Info() Info
}

// Info is what is known of a classifier before it has seen a text.
type Info struct {
	// Version says which model answers: name@version of a saved classifier, else the backend and a hash over
	// everything that decides an answer (labels, texts of labels, options, weights), such as "static-1f9c2a7be013".
	Version string
	// Labels are the names that Results refers to by index, in the order of the label set.
	Labels []string
	// Mode tells which columns of Results are filled.
	Mode Mode
	// Backend is the name it is chosen by: static, linear, encoder, ….
	Backend string
	// Memory is how many bytes its model takes, in memory or mapped from a file; 0 where that is not known.
	Memory int64
	// Notes say, a sentence each, what was assumed of the model or decided of how to answer. People read them.
	Notes []string
}

// Mode is how many labels a text can have.
type Mode string

const (
	// Single gives each text exactly one label; the confidences over all labels sum to 1.
	Single Mode = "single"
	// Multi gives each text every label whose own confidence reaches the threshold.
	Multi Mode = "multi"
)

// Refiner is a classifier that can move its prototypes towards a bounded input's own texts before it labels them
// (DESIGN §7, refine).
type Refiner interface {
	Classifier
	// NewRefinement starts a refinement. Its caller feeds every text in input order, then calls Finish once.
	NewRefinement() Refinement
	// Refined returns the classifier that Finish described by state, so that a resumed run labels alike. It fails on
	// state of another label set or version.
	Refined(state []byte) (Classifier, error)
}

// Refinement gathers texts for a Refiner in bounded memory. It is not safe for concurrent use.
type Refinement interface {
	// Add takes the texts of one batch; null texts are left out. It keeps no reference to them.
	Add(texts *array.String) error
	// Finish returns the moved prototypes in the backend's own format.
	Finish(ctx context.Context) ([]byte, error)
}
