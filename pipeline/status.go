package pipeline

import "time"

// Counts are the outcomes of records. At the end of a bounded run Read = Delivered + Dead + Dropped.
type Counts struct {
	Read      int64 `json:"read"`
	Delivered int64 `json:"delivered"`
	Dead      int64 `json:"dead"`
	Dropped   int64 `json:"dropped"`
	Blank     int64 `json:"blank"` // blank lines that were skipped: no records
}

// Balanced reports whether every record read has an outcome.
func (c Counts) Balanced() bool { return c.Read == c.Delivered+c.Dead+c.Dropped }

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	c.Read += other.Read
	c.Delivered += other.Delivered
	c.Dead += other.Dead
	c.Dropped += other.Dropped
	c.Blank += other.Blank
}

// Sub takes other out of c.
func (c *Counts) Sub(other Counts) {
	c.Read -= other.Read
	c.Delivered -= other.Delivered
	c.Dead -= other.Dead
	c.Dropped -= other.Dropped
	c.Blank -= other.Blank
}

// ConfidenceBins is the number of equal bins over [0, 1] in a Tally's histograms.
const ConfidenceBins = 20

// Tally is what is known of the labels given so far.
type Tally struct {
	Labels     []LabelTally          `json:"labels"`                // in the order of the classifier's labels
	Null       int64                 `json:"null"`                  // rows without a label
	NullReason map[string]int64      `json:"null_reason,omitempty"` // by classify.Reason
	Histogram  [ConfidenceBins]int64 `json:"histogram"`             // of the confidences of rows with a label
	Tokens     int64                 `json:"tokens"`
	Gold       *GoldTally            `json:"gold,omitempty"` // when a gold column was named
}

// LabelTally counts one label.
type LabelTally struct {
	Name          string  `json:"name"`
	Count         int64   `json:"count"`          // rows whose (best) label it is; in multi mode, rows that have it
	ConfidenceSum float64 `json:"confidence_sum"` // over these rows
}

// GoldTally compares labels with the input's own.
type GoldTally struct {
	Rows    int64 `json:"rows"`    // rows with a gold label
	Correct int64 `json:"correct"` // the label is the gold label, or one of the gold list
	// Outside counts rows whose gold label is not in the label set.
	Outside int64 `json:"outside"`
	// Confusion[g*n+p] counts rows of gold label g labelled p, over n = labels + 1; index n-1 stands for a null label
	// (as p) or a gold label outside of the set (as g). With a gold list, g is the label itself if it is in the list,
	// else the list's first.
	Confusion []int64 `json:"confusion"`
	// Calibration holds 15 equal bins of confidence over rows with both labels: count, sum of confidence, correct.
	Calibration [15]CalibrationBin `json:"calibration"`
}

// CalibrationBin is one bin of a reliability plot.
type CalibrationBin struct {
	Count         int64   `json:"count"`
	ConfidenceSum float64 `json:"confidence_sum"`
	Correct       int64   `json:"correct"`
}

// Phase is the phase of a pipeline.
type Phase string

const (
	Starting  Phase = "starting"
	Refining  Phase = "refining"
	Running   Phase = "running"
	Retrying  Phase = "retrying" // paused by a transient error; Status.LastError says which
	Draining  Phase = "draining"
	Sealing   Phase = "sealing"
	Completed Phase = "completed"
	Stopped   Phase = "stopped" // interrupted; the same command continues
	Failed    Phase = "failed"
)

// Status is a snapshot of a pipeline, taken without stopping it. Progress bar, control socket and metrics all read it.
type Status struct {
	Name      string    `json:"name"`
	RunID     string    `json:"run_id"`
	Phase     Phase     `json:"phase"`
	Started   time.Time `json:"started"` // of this process's part of the run
	Resumed   bool      `json:"resumed"` // an earlier process had begun the run
	Epoch     int64     `json:"epoch"`
	Counts    Counts    `json:"counts"`    // of the whole run; they include what is not committed yet
	Committed Counts    `json:"committed"` // as of the last checkpoint
	Rate      float64   `json:"rate"`      // records/s over the last seconds
	// Done and Size measure progress in one unit: source bytes, or rows where every split knows its rows. Size is 0
	// where the end is unknown.
	Done      int64            `json:"done"`
	Size      int64            `json:"size"`
	ETA       time.Duration    `json:"eta,omitempty"` // 0: unknown
	Tally     Tally            `json:"tally"`
	Sinks     map[string]int64 `json:"sinks"` // rows delivered to each sink
	Splits    []SplitStatus    `json:"splits,omitempty"`
	Memory    int64            `json:"memory"` // bytes in flight
	LastError string           `json:"last_error,omitempty"`
	// CommitTime is how long the last commit of a stream took, and LastCommit when it ended.
	CommitTime time.Duration `json:"commit_time,omitempty"`
	LastCommit time.Time     `json:"last_commit,omitzero"`
	// LastProgress is when a record last got its outcome.
	LastProgress time.Time `json:"last_progress"`
}

// SplitStatus is where a split stands.
type SplitStatus struct {
	ID    string `json:"id"`
	Start int64  `json:"start"`
	Next  int64  `json:"next"` // offset after the last record that has its outcome
	End   int64  `json:"end"`  // -1: unknown
	Done  bool   `json:"done"`
	// Of a stream: the offset after the last record that can be read (-1: unknown), and how many records that is away.
	High int64 `json:"high,omitempty"`
	Lag  int64 `json:"lag,omitempty"`
}
