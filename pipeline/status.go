package pipeline

import (
	"time"

	"github.com/winnow-stream/winnow/classify"
)

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
	Labels     []LabelTally          `json:"labels"`                // in the order of the classifier's labels; after a reload, new ones last
	Null       int64                 `json:"null"`                  // rows without a label
	NullReason map[string]int64      `json:"null_reason,omitempty"` // by classify.Reason
	Histogram  [ConfidenceBins]int64 `json:"histogram"`             // of the confidences of rows with a label
	Tokens     int64                 `json:"tokens"`
	// ConfidenceSum is that of the confidences in Histogram.
	ConfidenceSum float64 `json:"confidence_sum"`
	// Entities are those found so far, in the order of the extractor's types; after a reload, new ones last.
	Entities []EntityTally `json:"entities,omitempty"`
	// Keyphrases are nil where none are looked for.
	Keyphrases *KeyphraseTally `json:"keyphrases,omitempty"`
	Gold       *GoldTally      `json:"gold,omitempty"` // when a gold column was named
}

// LabelTally counts one label.
type LabelTally struct {
	Name          string  `json:"name"`
	Count         int64   `json:"count"`          // rows whose (best) label it is; in multi mode, rows that have it
	ConfidenceSum float64 `json:"confidence_sum"` // over these rows
}

// EntityTally counts the entities of one type.
type EntityTally struct {
	Type          string  `json:"type"`
	Count         int64   `json:"count"`
	Rows          int64   `json:"rows"` // records that have one
	ConfidenceSum float64 `json:"confidence_sum"`
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
	Done   int64            `json:"done"`
	Size   int64            `json:"size"`
	ETA    time.Duration    `json:"eta,omitempty"` // 0: unknown
	Tally  Tally            `json:"tally"`
	Sinks  map[string]int64 `json:"sinks"` // rows delivered to each sink
	Splits []SplitStatus    `json:"splits,omitempty"`
	// CommittedTally is Tally as of the last checkpoint: it never goes back. Don't change it.
	CommittedTally Tally  `json:"-"`
	Memory         int64  `json:"memory"` // bytes in flight
	LastError      string `json:"last_error,omitempty"`
	// Trouble is what is tried again now; nil: nothing is.
	Trouble error `json:"-"`
	// CommitTime is how long the last commit took, and LastCommit when it ended; of the stream's epochs, as of all
	// times and numbers below, since this process began.
	CommitTime time.Duration `json:"commit_time,omitempty"`
	LastCommit time.Time     `json:"last_commit,omitzero"`
	Commits    int64         `json:"commits"`
	Aborted    int64         `json:"aborted,omitempty"` // epochs of a stream that were taken back and read again
	// CommitTimes are those of all commits, ClassifyTimes how long each batch took to classify.
	CommitTimes   Histogram `json:"commit_times"`
	ClassifyTimes Histogram `json:"classify_times"`
	// Stages are those of a cascade, with what they have done since this process or, after a reload, this generation began.
	// They count texts, also those that were classified again: the Tally counts records.
	Stages []classify.StageReport `json:"stages,omitempty"`
	// LastProgress is when a record last got its outcome.
	LastProgress time.Time `json:"last_progress"`

	// Of a stream: whether this process is a member of its group now, and how often it had to join again.
	Stream  bool  `json:"stream,omitempty"`
	Member  bool  `json:"member,omitempty"`
	Rejoins int64 `json:"rejoins,omitempty"`
	// StalledSince is since when a split has had records to read and got nowhere for at least Config.StallTimeout; zero
	// while there is none. Stalled are these splits.
	StalledSince time.Time `json:"stalled_since,omitzero"`
	Stalled      []string  `json:"stalled,omitempty"`
	// Drift is nil until there are enough records to compare.
	Drift *Drift `json:"drift,omitempty"`
	// Generation counts the specs that the process has worked by, from 1.
	Generation int64   `json:"generation"`
	Reloads    Reloads `json:"reloads,omitzero"`
}

// Reloads tells how the reloads of a running stream went.
type Reloads struct {
	Done    int64     `json:"done"`
	Refused int64     `json:"refused"`
	Last    time.Time `json:"last,omitzero"`
	Error   string    `json:"error,omitempty"` // why the last one was refused; empty: it was not
}

// SplitStatus is where a split stands.
type SplitStatus struct {
	ID    string `json:"id"`
	Start int64  `json:"start"`
	Next  int64  `json:"next"` // offset after the last record that has its outcome; of a stream, -1 while unknown
	End   int64  `json:"end"`  // -1: unknown
	Done  bool   `json:"done"`
	// Of a stream: the offset after the last record that can be read (-1: unknown), and how many records that is away.
	High int64 `json:"high,omitempty"`
	Lag  int64 `json:"lag,omitempty"`
	Lost int64 `json:"lost,omitempty"` // records that were gone before they could be read (on_data_loss: skip)
	// And how many records of it get their outcome in a second, and the time of the newest one that has: zero where the
	// pipeline doesn't read the messages' times.
	Rate      float64   `json:"rate,omitempty"`
	Watermark time.Time `json:"watermark,omitzero"`
}
