package tagger

import "slices"

// Evaluation compares the spans that were found in texts with gold ones. A span is right when bounds and type are those
// of a gold span, as CoNLL counts. Add texts, then ask for Scores.
type Evaluation struct {
	counts []Counts // by type
}

// Counts are numbers of spans. The first four sum to the spans found; Right, WrongType, Partial, Mistaken and Missed,
// as seen from the gold spans, sum to the gold ones.
type Counts struct {
	// Gold and Found are all spans of the type.
	Gold, Found int
	// Right spans have bounds and type of a gold one.
	Right int
	// WrongType are gold spans of the type that were found with another type.
	WrongType int
	// Partial are gold spans of the type that only overlap with one found, of the same type.
	Partial int
	// Mistaken are gold spans of the type that only overlap with one found, of another type.
	Mistaken int
	// Missed are gold spans of the type that overlap with nothing found.
	Missed int
	// Spurious are spans found of the type that overlap with no gold one.
	Spurious int
}

// Score is what was reached, each number in [0, 1]: 0 where there is nothing to divide by.
type Score struct {
	Precision, Recall, F1 float64
}

// Scores are the results of an evaluation.
type Scores struct {
	// Types has a score for each type, in the order of the types.
	Types []TypeScore
	// Micro counts every span alike.
	Micro Score
	// Macro is the mean of each number over those types that occur, found or gold.
	Macro Score
	// All sums the counts of the types.
	All Counts
}

// TypeScore is a type's part of Scores.
type TypeScore struct {
	Score
	Counts
}

// NewEvaluation makes an evaluation of spans whose types are below types.
func NewEvaluation(types int) *Evaluation { return &Evaluation{make([]Counts, types)} }

// Add compares the spans of one text. Neither gold nor found spans overlap among themselves; they need not be sorted.
func (e *Evaluation) Add(gold, found []Span) {
	for _, f := range found {
		e.counts[f.Type].Found++
		if !slices.ContainsFunc(gold, func(g Span) bool { return overlap(g, f) }) {
			e.counts[f.Type].Spurious++
		}
	}
	for _, g := range gold {
		c := &e.counts[g.Type]
		c.Gold++
		*c.place(g, found)++
	}
}

// place is where a gold span is counted.
func (c *Counts) place(g Span, found []Span) *int {
	at := &c.Missed
	for _, f := range found {
		switch same := f.Type == g.Type; {
		case !overlap(g, f):
		case f.Start == g.Start && f.End == g.End && same:
			return &c.Right
		case f.Start == g.Start && f.End == g.End:
			return &c.WrongType
		case same:
			at = &c.Partial
		case at == &c.Missed:
			at = &c.Mistaken
		}
	}
	return at
}

func overlap(a, b Span) bool { return a.Start < b.End && b.Start < a.End }

// Scores returns the results of what was added.
func (e *Evaluation) Scores() Scores {
	var s Scores
	seen := 0.0
	for _, c := range e.counts {
		t := TypeScore{c.score(), c}
		s.Types = append(s.Types, t)
		s.All.add(c)
		if c.Gold+c.Found == 0 {
			continue
		}
		seen++
		s.Macro.Precision += t.Precision
		s.Macro.Recall += t.Recall
		s.Macro.F1 += t.F1
	}
	if seen > 0 {
		s.Macro.Precision /= seen
		s.Macro.Recall /= seen
		s.Macro.F1 /= seen
	}
	s.Micro = s.All.score()
	return s
}

func (c *Counts) add(d Counts) {
	c.Gold += d.Gold
	c.Found += d.Found
	c.Right += d.Right
	c.WrongType += d.WrongType
	c.Partial += d.Partial
	c.Mistaken += d.Mistaken
	c.Missed += d.Missed
	c.Spurious += d.Spurious
}

func (c *Counts) score() Score {
	return Score{ratio(c.Right, c.Found), ratio(c.Right, c.Gold), ratio(2*c.Right, c.Gold+c.Found)}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
