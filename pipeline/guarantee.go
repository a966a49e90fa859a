package pipeline

// Guarantee is how often a record's outcome reaches the outside.
type Guarantee string

const (
	// ExactlyOnce: each record has one visible outcome, whatever crashes.
	ExactlyOnce Guarantee = "exactly_once"
	// AtLeastOnce: none is lost; the last uncommitted records may come twice after a crash.
	AtLeastOnce Guarantee = "at_least_once"
	// AtMostOnce: nothing can be resumed; a run that ends early has to be started anew.
	AtMostOnce Guarantee = "none"
)
