package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// jobBody is what POST /v1/batch takes: what is asked of every text, without a text.
var jobBody = &body{keys: []string{"labels", "classifier", "descriptions", "examples", "backend", "source_type", "mode", "threshold", "include", "notify_email", "webhook_url"}, job: true}

// Jobs is what the routes of jobs need.
type Jobs struct {
	Store *job.Store
	Wake  func() // tells that a job was started
	// Look tells whether what a file begins with may be the input of a job.
	Look   func(ctx context.Context, head io.Reader) error
	Blobs  Blobs
	Signer Signer // nil: all uploads and downloads go through this server
}

// Blobs keeps uploads and results. It is safe for concurrent use.
type Blobs interface {
	// Put keeps what r gives until its end. An error of r's is returned, and leaves nothing.
	Put(ctx context.Context, key string, r io.Reader) (int64, error)
	Open(ctx context.Context, key string) (blob.Object, error)
	blob.Lister
}

// Signer makes addresses by which clients reach blobs by themselves.
type Signer interface {
	SignPost(ctx context.Context, key string, most int64, until time.Time) (address string, fields map[string]string, err error)
	SignGet(ctx context.Context, key, name string, until time.Time) (address string, err error)
	Stat(ctx context.Context, key string) (blob.Info, error)
	Copy(ctx context.Context, from, to string) error
}

// createJob answers POST /v1/batch.
func (c *call) createJob() error {
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(maxJSON, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	return c.once(sha256.Sum256(data.Bytes()), func() (string, error) { return c.makeJob(data.Bytes()) }, c.createdBefore)
}

// makeJob makes a job of a request's body, and answers with it.
func (c *call) makeJob(data []byte) (id string, err error) {
	q := new(question)
	if err := q.parse(data, jobBody); err != nil {
		return "", err
	}
	config, err := c.jobConfig(q)
	if err != nil {
		return "", err
	}
	if err := c.tell(config, q.email, q.webhook); err != nil {
		return "", err
	}
	if err := config.describe(c.server.cfg.Backend); err != nil {
		return "", err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	id = job.NewID()
	ticket := c.newTicket(id)
	if _, err := c.server.cfg.Jobs.Store.Create(c.r.Context(), id, c.who.Account, text, ticket); err != nil {
		return "", err
	}
	made, err := c.created(id, &ticket)
	if err != nil {
		return "", err
	}
	made.WebhookSecret = config.Hook.secret()
	return id, c.marshal(http.StatusCreated, made)
}

// newTicket makes the ticket of a job's input.
func (c *call) newTicket(id string) job.Ticket {
	return c.server.newTicket(inputKey(c.who.Account, id), c.begun)
}

// inputKey is what a job's input is called in the form of its upload.
func inputKey(account, id string) string { return job.Folder(account, id) + "input.ndjson" }

// marshalCreated answers with where a job's input goes.
func (c *call) marshalCreated(status int, id string, t *job.Ticket) error {
	made, err := c.created(id, t)
	if err != nil {
		return err
	}
	return c.marshal(status, made)
}

// created is where a job's input goes: to this server, or to S3.
func (c *call) created(id string, t *job.Ticket) (*createdJob, error) {
	made := &createdJob{JobID: id, UploadURL: c.base() + uploadPath + t.Secret, UploadFields: signed(t), InputKey: t.Fields["key"]}
	if c.server.cfg.Uploads.Via != config.ViaS3 {
		return made, nil
	}
	var err error
	made.UploadURL, made.UploadFields, err = c.server.cfg.Jobs.Signer.SignPost(c.r.Context(), made.InputKey, c.server.cfg.Limits.Upload.Bytes(), t.Until)
	if err != nil {
		return nil, err
	}
	made.InputKey = made.UploadFields["key"]
	return made, nil
}

// createdBefore answers the creation of a job again: with a new address for its input, since the one before is not kept.
func (c *call) createdBefore(status int, id string) error {
	ticket := c.newTicket(id)
	_, err := c.server.cfg.Jobs.Store.Reissue(c.r.Context(), c.who.Account, id, ticket)
	if fault.Is(err, fault.JobStarted) { // nothing can be uploaded any more
		ticket.Secret = ""
		return c.marshalCreated(status, id, &ticket)
	}
	if err != nil {
		return err
	}
	return c.marshalCreated(status, id, &ticket)
}

// reissueUpload answers POST /v1/batch/{id}/upload: a new address for the input, as that of the creation has its hour.
func (c *call) reissueUpload() error {
	if err := c.noBody(); err != nil {
		return err
	}
	id := c.r.PathValue("id")
	ticket := c.newTicket(id)
	if _, err := c.server.cfg.Jobs.Store.Reissue(c.r.Context(), c.who.Account, id, ticket); err != nil {
		return err
	}
	return c.marshalCreated(http.StatusCreated, id, &ticket)
}

// JobConfig is what a job does to its records.
type JobConfig struct {
	// Labels are those of the request, or of the account's saved classifier that it named: the job has its own copy.
	Labels     classify.LabelSet `json:"labels,omitempty"`
	Classifier string            `json:"classifier,omitempty"` // the server's version that the name stood for when the job was made
	Backend    string            `json:"backend,omitempty"`    // of labels; empty: static
	Mode       classify.Mode     `json:"mode"`
	Threshold  *float64          `json:"threshold,omitempty"`
	// Saved is the saved version that the request named, and Key the id of the key that it came with: usage is told apart by them.
	Saved string `json:"saved,omitempty"`
	Key   string `json:"key,omitempty"`
	// Version is that of the classifier which the rest asks for, and Names are its labels, in its order.
	Version string   `json:"version,omitempty"`
	Names   []string `json:"names,omitempty"`
	// Include is what the lines of the results have beside their labels.
	Include []string `json:"include,omitempty"`
	// Hook is where the job's end is posted to; nil: where its account and the settings say.
	Hook *Hook `json:"hook,omitempty"`
	// Requests makes the job a batch of requests instead of one of texts; nil: it is none.
	Requests *Requests `json:"requests,omitempty"`
	// Table makes the job one that gives its file back with columns added; nil: it is none.
	Table *table.Config `json:"table,omitempty"`
	// Notify is the address of who is told of the job's end by e-mail; empty: whom the settings name.
	Notify string `json:"notify_email,omitempty"`
}

// describe makes the classifier once: what can't be made is refused now, not when the job runs.
func (c *JobConfig) describe(b Backend) error {
	made, err := b.New(c.Classify())
	if err != nil {
		return err
	}
	c.Version, c.Names = made.Info().Version, made.Info().Labels
	if slices.Contains(c.Include, includeScores) { // which not every classifier has
		if _, err := b.New(c.Classify()); err != nil {
			return within("include", err)
		}
	}
	return nil
}

// Classify is the configuration as a pipeline takes it.
func (c *JobConfig) Classify() *spec.Classify {
	k := &spec.Classify{Labels: c.Labels, Classifier: c.Classifier, Backend: c.Backend, Mode: c.Mode, Threshold: c.Threshold}
	if c.Mode == classify.Single && slices.Contains(c.Include, includeScores) {
		k.TopK = len(c.Names)
	}
	return k
}

// jobConfig reads what the job is to do.
func (c *call) jobConfig(q *question) (*JobConfig, error) {
	mode, err := q.modeOf()
	if err != nil {
		return nil, err
	}
	version, err := c.server.compiler.named(c.who.Account, q)
	if err != nil {
		return nil, err
	}
	k, err := q.config(mode, version, c.server.cfg.Server.Backend)
	if err != nil {
		return nil, err
	}
	config := &JobConfig{Labels: k.Labels, Classifier: k.Classifier, Backend: k.Backend, Mode: mode, Saved: version.reference(), Key: c.who.Key}
	if mode == classify.Multi {
		threshold := defaultJobThreshold
		if t := version.threshold(); t != nil {
			threshold = *t
		}
		if q.threshold != nil {
			if threshold, err = numberOf("threshold", q.threshold); err != nil {
				return nil, err
			}
		}
		config.Threshold = &threshold
	}
	if q.include != nil {
		config.Include, err = includeOf(q.include)
	}
	return config, err
}

// includeScores is what not every classifier can give.
const includeScores = "scores"

// includes are what lines of results may have beside their labels.
var includes = []string{"line", "id", "input", includeScores}

func includeOf(value []byte) ([]string, error) {
	asked, err := textsOf("include", value, len(includes), fault.FieldRange)
	if err != nil {
		return nil, err
	}
	for i, name := range asked {
		switch {
		case !slices.Contains(includes, name):
			return nil, fault.New(fault.FieldRange, "include[%d] is none of %s", i, strings.Join(includes, ", ")).At(fault.Where{Path: "include"})
		case slices.Contains(asked[:i], name):
			return nil, fault.New(fault.FieldRange, "include[%d] is there twice", i).At(fault.Where{Path: "include"})
		}
	}
	return asked, nil
}

// startJob answers POST /v1/batch/{id}/start. What can be seen to be no input for a job leaves it as it is. With queue=true
// the job waits where another one of the account runs; with restart=true it begins anew, whatever it had done.
func (c *call) startJob() error {
	if err := c.noBody(); err != nil {
		return err
	}
	query := c.r.URL.Query()
	queue, err := flag(query, queued.name)
	if err != nil {
		return err
	}
	restart, err := flag(query, restarted.name)
	if err != nil {
		return err
	}
	if queue && restart {
		return fault.New(fault.FieldRange, "a job that begins anew does not wait").At(fault.Where{Path: "queue"}).WithFix("send one of queue and restart")
	}
	jobs, id := c.server.cfg.Jobs, c.r.PathValue("id")
	if c.server.cfg.Uploads.Via == config.ViaS3 {
		if err := c.pin(id); err != nil {
			return err
		}
	}
	j, err := jobs.Store.Get(c.r.Context(), c.who.Account, id)
	if err != nil {
		return err
	}
	if j.State == job.Pending && j.InputBytes >= 0 {
		if err := c.look(j); err != nil {
			return err
		}
	}
	if j.State == job.Pending || j.State == job.Failed || j.State == job.Cancelled {
		if err := c.answerable(j); err != nil {
			return err
		}
	}
	start := jobs.Store.Start
	switch {
	case queue:
		start = jobs.Store.Enqueue
	case restart:
		start = jobs.Store.Restart
	}
	if j, err = start(c.r.Context(), c.who.Account, j.ID); err != nil {
		return err
	}
	jobs.Wake()
	return c.marshal(http.StatusAccepted, startedJob{JobID: j.ID, Status: statusName(j.State)})
}

// pin copies what a client has uploaded to S3 under a key that no client can write: it is this that the job reads,
// whatever is uploaded later.
func (c *call) pin(id string) error {
	jobs, ctx := c.server.cfg.Jobs, c.r.Context()
	j, err := jobs.Store.Get(ctx, c.who.Account, id)
	if err != nil || j.State != job.Pending {
		return err
	}
	key := j.NewKey("input")
	err = jobs.Signer.Copy(ctx, inputKey(j.Account, j.ID), key)
	if fault.Is(err, fault.BlobMissing) {
		return nil // Start says so
	}
	if err != nil {
		return err
	}
	info, err := jobs.Signer.Stat(ctx, key)
	if err != nil {
		return err
	}
	return c.arrived(j, job.Upload{Key: key, Bytes: info.Size})
}

// arrived records an input whose blob is there, and removes the one that it replaces.
func (c *call) arrived(j *job.Job, u job.Upload) error {
	ctx := context.WithoutCancel(c.r.Context()) // what is not needed is removed in any case
	unused, err := c.server.cfg.Jobs.Store.Uploaded(ctx, j.ID, u)
	if err != nil {
		unused = u.Key
	}
	if unused != "" {
		if err := c.server.cfg.Jobs.Blobs.Remove(ctx, unused); err != nil { // a sweep does it
			c.server.log.Warn().Err(err).Str("job", j.ID).Msg("remove an upload that is not needed")
		}
	}
	return err
}

// showJob answers GET /v1/batch/{id}.
func (c *call) showJob() error {
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, shownJob(j))
}

// listJobs answers GET /v1/batch: a bare array, with the next page in the header Link.
func (c *call) listJobs() error {
	query := c.r.URL.Query()
	limit, err := pageOf(query, defaultPage, maxPage)
	if err != nil {
		return err
	}
	in, err := statesOf(query)
	if err != nil {
		return err
	}
	all, err := c.server.cfg.Jobs.Store.List(c.r.Context(), c.who.Account, limit+1, query.Get("after"), in...)
	if fault.Is(err, fault.JobUnknown) {
		return fault.New(fault.ListRange, "after names no job")
	}
	if err != nil {
		return err
	}
	if len(all) > limit {
		all = all[:limit]
		next := url.Values{"limit": {strconv.Itoa(limit)}, "after": {all[limit-1].ID}}
		if status := query.Get("status"); status != "" {
			next.Set("status", status)
		}
		c.w.Header().Set("Link", "<"+c.base()+"/v1/batch?"+next.Encode()+`>; rel="next"`)
	}
	list := make([]jobStatus, len(all))
	for i, j := range all {
		list[i] = shownJob(j)
	}
	return c.marshal(http.StatusOK, list)
}

// statesOf are those that are asked for by a status, as Classer's clients know it or more exactly; none where there is none.
func statesOf(query url.Values) ([]job.State, error) {
	if !query.Has("status") {
		return nil, nil
	}
	status := query.Get("status")
	var in []job.State
	for _, s := range job.States {
		if statusName(s) == status || string(s) == status {
			in = append(in, s)
		}
	}
	if in == nil {
		return nil, fault.New(fault.ListRange, "no job has the status that is asked for").At(fault.Where{Path: "status"}).
			WithFix("ask for pending, processing, completed or failed, or for a state such as cancelled")
	}
	return in, nil
}

// look refuses what can be seen to be no input for a job.
func (c *call) look(j *job.Job) error {
	o, err := c.server.cfg.Jobs.Blobs.Open(c.r.Context(), j.Input)
	if err != nil {
		return err
	}
	defer o.Close()
	return nowhere(c.server.cfg.Jobs.Look(c.r.Context(), o))
}

// cancelJob answers POST /v1/batch/{id}/cancel.
func (c *call) cancelJob() error {
	if err := c.noBody(); err != nil {
		return err
	}
	j, err := c.server.cfg.Jobs.Store.Cancel(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.marshal(http.StatusAccepted, shownJob(j))
}

// deleteJob answers DELETE /v1/batch/{id}. The row is hidden, then the blobs go, then the row: whoever dies in between
// leaves what a sweep ends.
func (c *call) deleteJob() error {
	id, jobs := c.r.PathValue("id"), c.server.cfg.Jobs
	if err := jobs.Store.Delete(c.r.Context(), c.who.Account, id); err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.r.Context())
	if c.server.cfg.Files != nil {
		if err := c.server.cfg.Files.Drop(ctx, id); err != nil {
			return err
		}
	}
	if err := blob.RemoveAll(ctx, jobs.Blobs, job.Folder(c.who.Account, id)); err != nil {
		return err
	}
	if err := jobs.Store.Forget(ctx, id); err != nil {
		return err
	}
	return c.marshal(http.StatusOK, deletedJob{JobID: id, Deleted: true})
}

// statusName is a state as Classer's clients know it.
func statusName(s job.State) string {
	switch s {
	case job.Pending, job.Queued:
		return "pending"
	case job.Processing, job.Finalizing, job.Paused, job.Cancelling:
		return "processing"
	case job.Completed:
		return "completed"
	default:
		return "failed"
	}
}

// shownJob is a job's status.
func shownJob(j *job.Job) jobStatus {
	s := jobStatus{
		JobID: j.ID, Status: statusName(j.State), State: string(j.State), RequestsTotal: j.Total, RequestsCompleted: j.Done,
		RequestsSucceeded: j.Done - j.Failures, RequestsFailed: j.Failures, EstimatedTokens: j.Estimate,
		CreatedAt: j.Created.Format(time.RFC3339), StartedAt: moment(j.Started), CompletedAt: moment(j.Ended),
		Warnings: shownWarnings(j),
	}
	switch j.State {
	case job.Completed:
		s.ActualTokens = &j.Tokens
	case job.Paused, job.Failed, job.Cancelled, job.Expired:
		why := ending(j)
		s.Error = &why
	}
	return s
}

// shownWarnings are a job's, with codes as errors have them.
func shownWarnings(j *job.Job) []warning {
	shown := make([]warning, len(j.Warnings))
	for i, w := range j.Warnings {
		shown[i] = warning{upperSnake(w.Code), w.Message, w.Count}
	}
	return shown
}

// ending says why a job did not complete, or does not get on.
func ending(j *job.Job) string {
	switch j.State {
	case job.Cancelled:
		if j.Error != "" {
			return "the job was cancelled, and its results so far could not be kept: " + j.Error
		}
		return "the job was cancelled"
	case job.Expired:
		return "the job has expired"
	default:
		return j.Error
	}
}

func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.Format(time.RFC3339)
	return &text
}

// marshal answers with a value as JSON.
func (c *call) marshal(status int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.json(status, append(data, '\n'))
	return nil
}
