package classify

import "math"

// Reason says why a row has no label although nothing failed.
type Reason uint8

const (
	// Labelled rows have a label (single) or an honest, possibly empty, list of labels (multi).
	Labelled Reason = iota
	// NullText is a row without a text.
	NullText
	// NoKnownWords is a text of which the backend knows no token.
	NoKnownWords
	// Abstained is a text whose best confidence lies below the abstain limit.
	Abstained
)

// String returns the reason as it is written in records and summaries.
func (r Reason) String() string {
	switch r {
	case NullText:
		return "null_text"
	case NoKnownWords:
		return "no_known_words"
	case Abstained:
		return "abstained"
	default:
		return ""
	}
}

// Score is one label of a row with its confidence.
type Score struct {
	Label      int32   // index into Info.Labels
	Confidence float32 // [0, 1], rounded to 4 decimals
}

// Failure is a row that the classifier could not answer.
type Failure struct {
	Row int
	Err error
}

// Results are the answers to one batch as columns of equal length, reused from batch to batch: a backend calls Reset,
// then writes each row by index. The caller owns it; it is not safe for concurrent use, and what it holds is valid
// until the next Reset.
type Results struct {
	Label      []int32   // index into Info.Labels; -1 is null. In multi mode the best of Scores, or -1.
	Confidence []float32 // of Label; 0 where Label is null
	Reason     []Reason  // why Label is null
	Tokens     []int32   // tokens of the text as the backend counts them

	// Scores hold the lists of multi mode and of top-k, highest first; row i is Scores[Ends[i-1]:Ends[i]]. Ends is
	// empty when the classifier gives no lists. Rows must be appended in order.
	Scores []Score
	Ends   []int32

	// Failures are the rows that failed, ascending by row. Such rows hold a null label.
	Failures []Failure
}

// Reset makes room for n rows, all of them null, without lists or failures.
func (r *Results) Reset(n int) {
	r.Label = resize(r.Label, n)
	r.Confidence = resize(r.Confidence, n)
	r.Reason = resize(r.Reason, n)
	r.Tokens = resize(r.Tokens, n)
	for i := range r.Label {
		r.Label[i] = -1
	}
	clear(r.Confidence)
	clear(r.Reason)
	clear(r.Tokens)
	r.Scores = r.Scores[:0]
	r.Ends = r.Ends[:0]
	r.Failures = r.Failures[:0]
}

// Len is the number of rows.
func (r *Results) Len() int { return len(r.Label) }

// Fail records that a row could not be answered. Calls come in ascending order of rows.
func (r *Results) Fail(row int, err error) {
	r.Label[row] = -1
	r.Failures = append(r.Failures, Failure{Row: row, Err: err})
}

// RowScores returns the list of row i, highest first; nil when the classifier gives no lists.
func (r *Results) RowScores(i int) []Score {
	if len(r.Ends) == 0 {
		return nil
	}
	var start int32
	if i > 0 {
		start = r.Ends[i-1]
	}
	return r.Scores[start:r.Ends[i]]
}

// Given appends to dst the labels that row i has for what its text says, best first: those of its list, else its label. There
// are none where the label is null, or one that is given for want of confidence.
func (r *Results) Given(dst []int32, i int) []int32 {
	switch {
	case r.Label[i] < 0 || r.Reason[i] != Labelled:
		return dst
	case len(r.Ends) == 0:
		return append(dst, r.Label[i])
	}
	for _, s := range r.RowScores(i) {
		dst = append(dst, s.Label)
	}
	return dst
}

// RoundConfidence rounds a probability to the 4 decimals that winnow reports, and clamps it to [0, 1]. Thresholds are
// compared after rounding.
func RoundConfidence(p float64) float32 {
	switch {
	case !(p > 0): // NaN too
		return 0
	case p > 1:
		return 1
	}
	return float32(math.Round(p*1e4) / 1e4)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
