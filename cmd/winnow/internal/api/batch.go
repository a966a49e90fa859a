package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// jobBody is what POST /v1/batch takes: what is asked of every text, without a text.
var jobBody = &body{keys: []string{"labels", "classifier", "descriptions", "examples", "source_type", "mode", "threshold"}, job: true}

// Jobs is what the routes of jobs need.
type Jobs struct {
	Store *job.Store
	Wake  func() // tells that a job was started
	// Look tells whether the head of a file may be the input of a job.
	Look func(ctx context.Context, path string) error
	// Input and Results are the names of files in a job's folder.
	Input, Results string
}

// Folder is where a job's files are: nothing in it is a name that a client chose.
func Folder(data, account, id string) string { return filepath.Join(data, "jobs", account, id) }

func (s *Server) folder(j *job.Job) string { return Folder(s.cfg.Data, j.Account, j.ID) }

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
	return id, c.marshal(http.StatusCreated, c.created(id, &ticket))
}

// newTicket makes the ticket of a job's input.
func (c *call) newTicket(id string) job.Ticket {
	return c.server.newTicket("batch/"+c.who.Account+"/"+id+"/input.ndjson", c.begun)
}

func (c *call) created(id string, t *job.Ticket) createdJob {
	return createdJob{JobID: id, UploadURL: c.base() + uploadPath + t.Secret, UploadFields: signed(t), InputKey: t.Fields["key"]}
}

// createdBefore answers the creation of a job again: with a new address for its input, since the one before is not kept.
func (c *call) createdBefore(status int, id string) error {
	ticket := c.newTicket(id)
	_, err := c.server.cfg.Jobs.Store.Reissue(c.r.Context(), c.who.Account, id, ticket)
	if fault.Is(err, fault.JobStarted) { // nothing can be uploaded any more
		ticket.Secret = ""
		return c.marshal(status, c.created(id, &ticket))
	}
	if err != nil {
		return err
	}
	return c.marshal(status, c.created(id, &ticket))
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
	return c.marshal(http.StatusCreated, c.created(id, &ticket))
}

// JobConfig is what a job does to its records.
type JobConfig struct {
	// Labels are those of the request, or of the account's saved classifier that it named: the job has its own copy.
	Labels     classify.LabelSet `json:"labels,omitempty"`
	Classifier string            `json:"classifier,omitempty"` // the server's version that the name stood for when the job was made
	Mode       classify.Mode     `json:"mode"`
	Threshold  *float64          `json:"threshold,omitempty"`
	// Version is that of the classifier which the rest asks for, and Names are its labels, in its order.
	Version string   `json:"version,omitempty"`
	Names   []string `json:"names,omitempty"`
}

// describe makes the classifier once: what can't be made is refused now, not when the job runs.
func (c *JobConfig) describe(b Backend) error {
	made, err := b.New(c.Classify())
	if err != nil {
		return err
	}
	c.Version, c.Names = made.Info().Version, made.Info().Labels
	return nil
}

// Classify is the configuration as a pipeline takes it.
func (c *JobConfig) Classify() *spec.Classify {
	return &spec.Classify{Labels: c.Labels, Classifier: c.Classifier, Mode: c.Mode, Threshold: c.Threshold}
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
	k, err := q.config(mode, version)
	if err != nil {
		return nil, err
	}
	config := &JobConfig{Labels: k.Labels, Classifier: k.Classifier, Mode: mode}
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
	return config, nil
}

// startJob answers POST /v1/batch/{id}/start. What can be seen to be no input for a job leaves it as it is. With queue=true
// the job waits where another one of the account runs.
func (c *call) startJob() error {
	if err := c.noBody(); err != nil {
		return err
	}
	c.server.uploads.Lock()
	defer c.server.uploads.Unlock()
	jobs := c.server.cfg.Jobs
	j, err := jobs.Store.Get(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if j.State == job.Pending && j.InputBytes >= 0 {
		if err := jobs.Look(c.r.Context(), filepath.Join(c.server.folder(j), jobs.Input)); err != nil {
			return nameless(err)
		}
	}
	start := jobs.Store.Start
	if c.r.URL.Query().Get("queue") == "true" {
		start = jobs.Store.Enqueue
	}
	if j, err = start(c.r.Context(), c.who.Account, j.ID); err != nil {
		return err
	}
	jobs.Wake()
	return c.marshal(http.StatusAccepted, startedJob{JobID: j.ID, Status: statusName(j.State)})
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
	limit := defaultPage
	if text := query.Get("limit"); query.Has("limit") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return fault.New(fault.ListRange, "limit is not from 1 to %d", maxPage)
		}
		limit = n
	}
	all, err := c.server.cfg.Jobs.Store.List(c.r.Context(), c.who.Account, limit+1, query.Get("after"))
	if fault.Is(err, fault.JobUnknown) {
		return fault.New(fault.ListRange, "after names no job")
	}
	if err != nil {
		return err
	}
	if len(all) > limit {
		all = all[:limit]
		next := url.Values{"limit": {strconv.Itoa(limit)}, "after": {all[limit-1].ID}}
		c.w.Header().Set("Link", "<"+c.base()+"/v1/batch?"+next.Encode()+`>; rel="next"`)
	}
	list := make([]jobStatus, len(all))
	for i, j := range all {
		list[i] = shownJob(j)
	}
	return c.marshal(http.StatusOK, list)
}

// nameless is an error without the path of the server's file.
func nameless(err error) error {
	if e, ok := fault.As(err); ok {
		where := e.Where
		where.File = ""
		return e.At(where)
	}
	return err
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

// deleteJob answers DELETE /v1/batch/{id}. The row is hidden, then the files go, then the row: whoever dies in between
// leaves what Sweep ends.
func (c *call) deleteJob() error {
	id := c.r.PathValue("id")
	store := c.server.cfg.Jobs.Store
	if err := store.Delete(c.r.Context(), c.who.Account, id); err != nil {
		return err
	}
	if err := os.RemoveAll(Folder(c.server.cfg.Data, c.who.Account, id)); err != nil {
		return fault.Storage(err, id)
	}
	if err := store.Forget(c.r.Context(), id); err != nil {
		return err
	}
	return c.marshal(http.StatusOK, deletedJob{JobID: id, Deleted: true})
}

// Sweep ends what deletions have left when their process died. It is called before Run.
func (s *Server) Sweep(ctx context.Context) error {
	hidden, err := s.cfg.Jobs.Store.Hidden(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range hidden {
		if err := os.RemoveAll(s.folder(j)); err != nil {
			errs = append(errs, fmt.Errorf("remove the files of %s: %w", j.ID, err))
			continue
		}
		errs = append(errs, s.cfg.Jobs.Store.Forget(ctx, j.ID))
	}
	return errors.Join(errs...)
}

// statusName is a state as Classer's clients know it.
func statusName(s job.State) string {
	switch s {
	case job.Pending, job.Queued:
		return "pending"
	case job.Processing, job.Cancelling:
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
	}
	switch j.State {
	case job.Completed:
		s.ActualTokens = &j.Tokens
	case job.Failed:
		s.Error = &j.Error
	case job.Cancelled:
		cancelled := "the job was cancelled"
		s.Error = &cancelled
	}
	return s
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
