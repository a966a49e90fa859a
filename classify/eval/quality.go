package eval

// Quality is what counts alone say of answers. Measures are in [0, 1]; those without rows to stand on are unknown.
type Quality struct {
	Rows     int64 `json:"rows"`     // with a gold label
	Correct  int64 `json:"correct"`  // the label is the gold label, or one of the gold list
	Outside  int64 `json:"outside"`  // gold labels that are not in the label set
	Null     int64 `json:"null"`     // rows without a label although they have a gold label; they count as wrong
	Accuracy Score `json:"accuracy"` // over Rows
	// AccuracyInterval is Wilson's.
	AccuracyInterval Interval `json:"accuracy_interval"`
	// MacroF1 is the mean F1 over the labels of the set that occur as a gold label or as an answer. MicroF1 counts all
	// labels' rows together, WeightedF1 weighs each label by its gold rows.
	MacroF1    Score `json:"macro_f1"`
	MicroF1    Score `json:"micro_f1"`
	WeightedF1 Score `json:"weighted_f1"`
	// ECE is the expected calibration error over the bins; see Reliability.
	ECE         Score       `json:"ece"`
	Labels      []Label     `json:"labels"` // in the order of the label set
	Calibration []Bin       `json:"calibration"`
	Confusions  []Confusion `json:"confusions"` // most frequent first
}

// Label is the quality of one label.
type Label struct {
	Name      string `json:"name"`
	Gold      int64  `json:"gold"`      // rows whose gold label it is: the support
	Predicted int64  `json:"predicted"` // rows labelled so
	Correct   int64  `json:"correct"`
	Precision Score  `json:"precision"`
	Recall    Score  `json:"recall"`
	F1        Score  `json:"f1"`
	// Thresholds are the confidences from which on the label's answers are right often enough; see Threshold.
	Thresholds []Threshold `json:"thresholds,omitempty"`
	// Best is the threshold of the highest F1, in multi mode.
	Best *Best `json:"best,omitempty"`
}

// NewQuality makes a report of a classifier's single answers: the pairs of gold label and answer, and the bins of the
// confidences of rows with an answer.
func NewQuality(names []string, m *Matrix, bins []BinCount) *Quality {
	q := &Quality{Labels: make([]Label, len(names))}
	for i, n := range names {
		q.Labels[i].Name = n
	}
	cells := m.Cells()
	for _, c := range cells {
		q.Rows += c.Rows
		if c.Gold == None {
			q.Outside += c.Rows
		} else {
			q.Labels[c.Gold].Gold += c.Rows
		}
		if c.Predicted == None {
			q.Null += c.Rows
		} else {
			q.Labels[c.Predicted].Predicted += c.Rows
		}
		if c.Gold == c.Predicted && c.Gold != None {
			q.Correct += c.Rows
			q.Labels[c.Gold].Correct += c.Rows
		}
	}
	q.Accuracy, q.AccuracyInterval = ratio(q.Correct, q.Rows), Wilson(q.Correct, q.Rows)
	q.average()
	q.Calibration, q.ECE = Reliability(bins)
	q.Confusions = confusions(names, cells)
	return q
}

// average fills in each label's scores and their means.
func (q *Quality) average() {
	var correct, predicted, gold int64
	var macro, weighted, occur float64
	for i := range q.Labels {
		l := &q.Labels[i]
		l.Precision, l.Recall = ratio(l.Correct, l.Predicted), ratio(l.Correct, l.Gold)
		l.F1 = ratio(2*l.Correct, l.Gold+l.Predicted)
		correct, predicted, gold = correct+l.Correct, predicted+l.Predicted, gold+l.Gold
		if l.F1.Known() {
			macro += float64(l.F1)
			weighted += float64(l.F1) * float64(l.Gold)
			occur++
		}
	}
	q.MacroF1, q.WeightedF1 = Ratio(macro, occur), Ratio(weighted, float64(gold))
	q.MicroF1 = ratio(2*correct, gold+predicted)
}
