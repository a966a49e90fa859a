package eval

import "github.com/winnow-stream/winnow/classify"

// Report is everything that an Evaluator measured.
type Report struct {
	Mode classify.Mode `json:"mode"`
	Quality
	// NullReasons says why rows have no label, by classify.Reason.
	NullReasons map[string]int64 `json:"null_reasons,omitempty"`
	// TopK is how often one of the first k labels of the list is right, where lists were given.
	TopK []TopK `json:"top_k,omitempty"`
	// Curve is the coverage–accuracy curve of the best label, AURC the area under its risk.
	Curve      []Point     `json:"curve,omitempty"`
	AURC       Score       `json:"aurc"`
	Thresholds []Threshold `json:"thresholds,omitempty"`
	Multi      *Multi      `json:"multi,omitempty"` // in multi mode
	OutOfScope *OutOfScope `json:"out_of_scope,omitempty"`
	// UnknownGold are the gold labels outside of the set, most frequent first.
	UnknownGold []Unknown `json:"unknown_gold,omitempty"`
	Wrong       []Wrong   `json:"wrong,omitempty"` // most confident first
}

// TopK is the share of rows whose gold label is among the first K labels of the list.
type TopK struct {
	K        int   `json:"k"`
	Accuracy Score `json:"accuracy"`
}

// Multi is what there is to say of several labels a row. Precision, recall and F1 of single labels, their macro, micro
// and weighted means, and the calibration, which is over all pairs of text and label, stand where they do in single mode.
type Multi struct {
	Threshold Score `json:"threshold"` // from which on a label is given
	// ExactMatch is the share of rows whose labels are exactly the gold labels.
	ExactMatch         Score    `json:"exact_match"`
	ExactMatchInterval Interval `json:"exact_match_interval"` // Wilson's
	// SamplesF1 is the mean of the rows' own F1; 1 for a row that has no label and gets none.
	SamplesF1 Score `json:"samples_f1"`
	// Pairs is how many pairs of text and label have a confidence.
	Pairs int64 `json:"pairs"`
}

// OutOfScope is what became of rows that no label fits: those without a gold label, and where Config says so those whose
// gold label is not in the set.
type OutOfScope struct {
	Rows     int64 `json:"rows"`
	Answered int64 `json:"answered"` // got a label all the same
	// AUROC is the probability that a row with a gold label is more confident than one without: how well a threshold
	// could tell them apart. 0.5 is chance.
	AUROC Score `json:"auroc"`
}

// Unknown is a gold label that is not in the set.
type Unknown struct {
	Label string `json:"label"`
	Rows  int64  `json:"rows"`
}
