package classify

import "time"

// Staged is the capability of a classifier that asks others one after the other: to say which of them answered.
type Staged interface {
	// Stages are in the order in which they are asked, with what they have done since the classifier was made. It is safe
	// for concurrent use.
	Stages() []StageReport
}

// Stage is one of the classifiers that a Staged one asks.
type Stage struct {
	Backend string `json:"backend"`
	Version string `json:"version"`
	// Confidence is what an answer must reach, or else its text goes on to the next stage; 0 of the last one.
	Confidence float64 `json:"confidence,omitempty"`
}

// StageReport is what a stage has done.
type StageReport struct {
	Stage
	// Asked are the texts that the stage was given, null ones among them; of the first stage all texts.
	Asked int64 `json:"asked"`
	// Answered are the texts of which the stage's answer stands, null answers with a reason among them.
	Answered int64 `json:"answered"`
	// Kept are the texts that the stage failed to answer and that went on with the answer of an earlier one.
	Kept int64 `json:"kept"`
	// Errors are the calls that failed as a whole.
	Errors int64 `json:"errors"`
	// Tokens are those of all texts that it was given, as the stage counts them: what a model is paid for.
	Tokens int64 `json:"tokens"`
	// Time was spent in the stage's calls, summed over those that ran at once.
	Time time.Duration `json:"time_ns"`
}
