package api

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/pipeline"
)

// The shapes of answers, for the OpenAPI document and for tests, which read what handlers write into them, strictly.

// classified is the answer to one text in single mode.
type classified struct {
	Label      *string  `json:"label" jsonschema:"description=The label; null where the text has no word that the classifier knows or it abstained"`
	Confidence *float32 `json:"confidence" jsonschema:"description=From 0 to 1\\, rounded to 4 decimals"`
	Reason     string   `json:"reason,omitempty" jsonschema:"description=Why the label is null"`
	Tokens     int      `json:"tokens"`
	LatencyMS  float64  `json:"latency_ms"`
	Cached     bool     `json:"cached"`

	Explanation []pipeline.Reason `json:"explanation,omitempty" null:"may" jsonschema:"description=Only where explain is true: the words that moved the label's score\\, those that weigh most first; null where the label is. start and end count code points"`
}

// score is a label of a text in multi mode.
type score struct {
	Label      string  `json:"label"`
	Confidence float32 `json:"confidence"`
}

// tagged is the answer to one text in multi mode.
type tagged struct {
	Labels    []score `json:"labels" jsonschema:"description=Those above the threshold\\, highest first"`
	Tokens    int     `json:"tokens"`
	LatencyMS float64 `json:"latency_ms"`
	Cached    bool    `json:"cached"`
}

// hit tells whether a row's answer was kept.
type hit struct {
	Hit bool `json:"hit"`
}

// classifiedRow is one of the answers in a batch form.
type classifiedRow struct {
	Label      *string  `json:"label"`
	Confidence *float32 `json:"confidence"`
	Reason     string   `json:"reason,omitempty"`
	Error      *string  `json:"error" jsonschema:"description=Why there is no answer to this text"`
	Tokens     int      `json:"tokens"`
	Cache      hit      `json:"cache"`
}

type classifiedMany struct {
	Results     []classifiedRow `json:"results" jsonschema:"description=In the order of the texts"`
	TotalTokens int             `json:"total_tokens"`
	LatencyMS   float64         `json:"latency_ms"`
}

// taggedRow is one of the answers in a batch form.
type taggedRow struct {
	Labels []score `json:"labels"`
	Error  *string `json:"error" jsonschema:"description=Why there is no answer to this text"`
	Tokens int     `json:"tokens"`
	Cache  hit     `json:"cache"`
}

type taggedMany struct {
	Results     []taggedRow `json:"results" jsonschema:"description=In the order of the texts"`
	TotalTokens int         `json:"total_tokens"`
	LatencyMS   float64     `json:"latency_ms"`
}

type readiness = ops.Readiness

// createdJob is the answer to a new job: where its input goes.
type createdJob struct {
	JobID        string            `json:"job_id"`
	UploadURL    string            `json:"upload_url" jsonschema:"description=Takes the form with the fields and then file; it is a secret for as long as it is valid"`
	UploadFields map[string]string `json:"upload_fields"`
	InputKey     string            `json:"input_key"`

	WebhookSecret string `json:"webhook_secret,omitempty" jsonschema:"description=Verifies what is posted to webhook_url\\, as Standard Webhooks has it; shown once"`
}

type startedJob struct {
	JobID  string `json:"job_id"`
	Status string `json:"status"`
}

// jobStatus is where a job stands. Every field is always there.
type jobStatus struct {
	JobID             string  `json:"job_id"`
	Status            string  `json:"status" jsonschema:"enum=pending,enum=processing,enum=completed,enum=failed"`
	State             string  `json:"state" jsonschema:"enum=pending,enum=queued,enum=processing,enum=finalizing,enum=paused,enum=cancelling,enum=completed,enum=failed,enum=cancelled,enum=expired"`
	RequestsTotal     int64   `json:"requests_total"`
	RequestsCompleted int64   `json:"requests_completed" jsonschema:"description=Finished ones\\, failed ones among them"`
	RequestsSucceeded int64   `json:"requests_succeeded"`
	RequestsFailed    int64   `json:"requests_failed"`
	EstimatedTokens   int64   `json:"estimated_tokens"`
	ActualTokens      *int64  `json:"actual_tokens" jsonschema:"description=null until the job is completed"`
	CreatedAt         string  `json:"created_at"`
	StartedAt         *string `json:"started_at"`
	CompletedAt       *string `json:"completed_at"`
	Error             *string `json:"error" jsonschema:"description=Why the job did not complete\\, or what it waits for where its state is paused"`

	Warnings []warning `json:"warnings" jsonschema:"description=What is to be known of the input and the results"`
}

// warning is something that is to be known of a job, and no reason to fail.
type warning struct {
	Code    string `json:"code" jsonschema:"enum=LINES_BLANK,enum=INPUT_NOTE"`
	Message string `json:"message"`
	Count   int64  `json:"count" jsonschema:"description=Of what it is about; 0: that was not counted"`
}

// jobEvent is something that has happened to a job.
type jobEvent struct {
	Seq               int64   `json:"seq" jsonschema:"description=Of the job's events\\, from 1 on"`
	Event             string  `json:"event" jsonschema:"enum=created,enum=uploaded,enum=queued,enum=started,enum=running,enum=finalizing,enum=paused,enum=cancelling,enum=cancelled,enum=completed,enum=failed,enum=expired"`
	At                string  `json:"at"`
	RequestsCompleted int64   `json:"requests_completed" jsonschema:"description=As of then"`
	RequestsFailed    int64   `json:"requests_failed"`
	ErrorCode         *string `json:"error_code"`
	Error             *string `json:"error"`
}

type jobResults struct {
	JobID       string   `json:"job_id"`
	DownloadURL string   `json:"download_url"`
	ExpiresAt   string   `json:"expires_at"`
	Partial     bool     `json:"partial" jsonschema:"description=The job did not complete: there is a line for each of its first requests_completed records"`
	Classifier  string   `json:"classifier" jsonschema:"description=The version that answered"`
	Labels      []string `json:"labels" jsonschema:"description=Those that it could give"`
}

type deletedJob struct {
	JobID   string `json:"job_id"`
	Deleted bool   `json:"deleted"`
}

// shownClassifier is a version of a saved classifier.
type shownClassifier struct {
	Name      string            `json:"name"`
	Version   int               `json:"version"`
	Reference string            `json:"reference" jsonschema:"description=What a request gives as classifier to get this version"`
	Own       bool              `json:"own" jsonschema:"description=It is the account's; else the server's"`
	Mode      string            `json:"mode"`
	Threshold *float64          `json:"threshold" jsonschema:"description=In mode multi"`
	Backend   string            `json:"backend"`
	Labels    classify.LabelSet `json:"labels"`
	Notes     string            `json:"notes"`
	Hash      string            `json:"hash" jsonschema:"description=Of the content: versions with the same one answer alike"`
	CreatedAt string            `json:"created_at"`
}

// listedClassifier is a name with its versions.
type listedClassifier struct {
	Name      string   `json:"name"`
	Own       bool     `json:"own"`
	BuiltIn   bool     `json:"built_in"`
	Version   int      `json:"version" jsonschema:"description=The newest"`
	Versions  []int    `json:"versions"`
	Mode      string   `json:"mode"`
	Labels    []string `json:"labels"`
	CreatedAt string   `json:"created_at"`
}

type deletedClassifier struct {
	Name     string `json:"name"`
	Versions []int  `json:"versions"`
	Deleted  bool   `json:"deleted"`
}
