package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	output "github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// Requests is what a batch is, beside a job: a file of requests to an endpoint.
type Requests struct {
	Endpoint  string            `json:"endpoint"`
	InputFile string            `json:"input_file_id"`
	Window    string            `json:"completion_window"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	// Defaults are the keys of a body that requests have which bring no label set of their own, as JSON.
	Defaults json.RawMessage `json:"defaults,omitempty"`
	// Backend was the server's when the batch was made.
	Backend string `json:"backend,omitempty"`
}

// endpoints are those that batches can ask.
var endpoints = map[string]*body{"/v1/classify": classifyBody, "/v1/tag": tagBody}

// batchObject is a batch as OpenAI's clients read it.
type batchObject struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	Endpoint         string            `json:"endpoint"`
	Errors           *batchErrors      `json:"errors"`
	InputFileID      string            `json:"input_file_id"`
	CompletionWindow string            `json:"completion_window"`
	Status           string            `json:"status" jsonschema:"enum=validating,enum=in_progress,enum=finalizing,enum=completed,enum=failed,enum=cancelling,enum=cancelled,enum=expired"`
	OutputFileID     *string           `json:"output_file_id"`
	ErrorFileID      *string           `json:"error_file_id"`
	CreatedAt        int64             `json:"created_at"`
	InProgressAt     *int64            `json:"in_progress_at"`
	ExpiresAt        *int64            `json:"expires_at" jsonschema:"description=Always null: a batch takes the time that it takes"`
	FinalizingAt     *int64            `json:"finalizing_at"`
	CompletedAt      *int64            `json:"completed_at"`
	FailedAt         *int64            `json:"failed_at"`
	ExpiredAt        *int64            `json:"expired_at"`
	CancellingAt     *int64            `json:"cancelling_at"`
	CancelledAt      *int64            `json:"cancelled_at"`
	RequestCounts    batchCounts       `json:"request_counts"`
	Metadata         map[string]string `json:"metadata" jsonschema:"oneof_type=object;null"`

	WebhookSecret string `json:"webhook_secret,omitempty" jsonschema:"description=Verifies what is posted to webhook_url\\, as Standard Webhooks has it; shown once"`
}

type batchCounts struct {
	Total     int64 `json:"total"`
	Completed int64 `json:"completed" jsonschema:"description=Those that were answered"`
	Failed    int64 `json:"failed"`
}

type batchErrors struct {
	Object string          `json:"object"`
	Data   []openAIProblem `json:"data"`
}

// createBatch answers POST /v1/batches: a job that waits its turn.
func (c *call) createBatch() error {
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(1<<20, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	return c.once(sha256.Sum256(data.Bytes()), func() (string, error) { return c.makeBatch(data.Bytes()) }, c.showBatchAgain)
}

// makeBatch makes a batch of a request's body, and answers with it.
func (c *call) makeBatch(data []byte) (id string, err error) {
	config, err := c.batchConfig(data)
	if err != nil {
		return "", err
	}
	jobs, ctx := c.server.cfg.Jobs, c.r.Context()
	f, err := c.server.cfg.Files.Get(ctx, c.who.Account, config.Requests.InputFile)
	if err != nil {
		return "", within("input_file_id", err)
	}
	if f.Purpose != filestore.Batch {
		return "", fault.New(fault.FilePurpose, "the file's purpose is %s", f.Purpose).At(fault.Where{Path: "input_file_id"})
	}
	text, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	id = job.NewID()
	j, err := jobs.Store.Create(ctx, id, c.who.Account, text, c.newTicket(id))
	if err != nil {
		return "", err
	}
	if err := c.lend(j, f); err != nil {
		return "", err
	}
	if j, err = jobs.Store.Enqueue(ctx, c.who.Account, id); err != nil {
		return "", err
	}
	jobs.Wake()
	shown, err := c.shownBatch(j, config.Requests)
	if err != nil {
		return "", err
	}
	shown.WebhookSecret = config.Hook.secret()
	return id, c.marshal(http.StatusOK, shown)
}

// showBatchAgain answers the creation of a batch again.
func (c *call) showBatchAgain(_ int, id string) error {
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), c.who.Account, id)
	if err != nil {
		return err
	}
	r, err := requestsOf(j)
	if err != nil {
		return err
	}
	return c.showBatchOf(j, r)
}

// batchConfig reads what a batch is to be, and who is told of its end.
func (c *call) batchConfig(data []byte) (*JobConfig, error) {
	r := &Requests{Backend: c.server.cfg.Server.Backend}
	var email, webhook []byte
	defaults := make(map[string]json.RawMessage)
	take := map[string]func([]byte) error{
		"endpoint": textInto("endpoint", &r.Endpoint), "input_file_id": textInto("input_file_id", &r.InputFile),
		"completion_window": textInto("completion_window", &r.Window), "notify_email": copyInto(&email), "webhook_url": copyInto(&webhook),
		"metadata": func(value []byte) (err error) {
			r.Metadata, err = mapOf("metadata", value, maxMetadata, fault.BatchMetadata, textOf)
			return err
		},
	}
	for _, key := range defaultKeys {
		take[key] = func(value []byte) error {
			defaults[key] = append(json.RawMessage(nil), value...)
			return nil
		}
	}
	if err := lenient(data, take); err != nil {
		return nil, err
	}
	config := &JobConfig{Requests: r, Key: c.who.Key}
	if err := c.tell(config, email, webhook); err != nil {
		return nil, err
	}
	b := endpoints[r.Endpoint]
	switch {
	case b == nil:
		return nil, fault.New(fault.BatchEndpoint, "the endpoint %q is none that batches can ask", fault.Excerpt(r.Endpoint)).At(fault.Where{Path: "endpoint"})
	case r.Window != "24h":
		return nil, fault.New(fault.BatchWindow, "the completion_window is %q", fault.Excerpt(r.Window)).At(fault.Where{Path: "completion_window"})
	case !keepable(r.Metadata):
		return nil, fault.New(fault.BatchMetadata, "the metadata has a pair that is too long").At(fault.Where{Path: "metadata"})
	}
	config.Mode = b.mode
	return config, c.settleDefaults(config, b, defaults)
}

// settleDefaults refuses what a batch says for all of its requests where none could use it. A saved classifier is the version
// that its name stands for now.
func (c *call) settleDefaults(config *JobConfig, b *body, defaults map[string]json.RawMessage) error {
	if len(defaults) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.server.cfg.Limits.Answer.Std())
	defer cancel()
	config.Requests.Defaults = marshaled(defaults)
	k, err := c.server.compiler.defaults(ctx, c.who.Account, config.Requests.Defaults, b)
	if err != nil || k == nil {
		return err
	}
	if config.Saved = k.reference; k.reference != "" {
		defaults["classifier"] = quoted(k.reference)
		config.Requests.Defaults = marshaled(defaults)
	}
	return nil
}

// defaults is the classifier of what a batch says for all of its requests; nil where it leaves labels to them.
func (k *compiler) defaults(ctx context.Context, account string, data json.RawMessage, b *body) (*compiled, error) {
	q := new(question)
	if err := q.parse(data, &body{keys: b.keys, mode: b.mode, job: true, part: true}); err != nil {
		return nil, err
	}
	if q.labels == nil && q.classifier == nil {
		return nil, nil
	}
	return k.get(ctx, account, q, b.mode)
}

// defaultKeys are what a batch may say for all of its requests.
var defaultKeys = []string{"labels", "classifier", "descriptions", "examples", "backend", "threshold"}

// keepable holds pairs of metadata to OpenAI's limits.
func keepable(m map[string]string) bool {
	for key, value := range m {
		if utf8.RuneCountInString(key) > 64 || utf8.RuneCountInString(value) > 512 {
			return false
		}
	}
	return true
}

// lend makes a job's input of a file: the job keeps it when the file is deleted.
func (c *call) lend(j *job.Job, f *filestore.File) error {
	opened, err := c.server.cfg.Files.Open(c.r.Context(), f)
	if err != nil {
		return err
	}
	defer opened.Close()
	return c.store(j, opened, nil)
}

// batch is a job that is a batch; one that is none is unknown here.
func (c *call) batch(of func(ctx context.Context, account, id string) (*job.Job, error)) (*job.Job, *Requests, error) {
	j, err := of(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return nil, nil, err
	}
	r, err := requestsOf(j)
	if err == nil && r == nil {
		err = fault.New(fault.JobUnknown, "there is no such job")
	}
	return j, r, err
}

// requestsOf reads what a job is as a batch; nil where it is none.
func requestsOf(j *job.Job) (*Requests, error) {
	config, err := ConfigOf(j)
	if err != nil {
		return nil, err
	}
	return config.Requests, nil
}

// showBatch answers GET /v1/batches/{id}.
func (c *call) showBatch() error {
	j, r, err := c.batch(c.server.cfg.Jobs.Store.Get)
	if err != nil {
		return err
	}
	return c.showBatchOf(j, r)
}

// cancelBatch answers POST /v1/batches/{id}/cancel.
func (c *call) cancelBatch() error {
	if _, _, err := c.batch(c.server.cfg.Jobs.Store.Get); err != nil {
		return err
	}
	j, r, err := c.batch(c.server.cfg.Jobs.Store.Cancel)
	if err != nil {
		return err
	}
	return c.showBatchOf(j, r)
}

func (c *call) showBatchOf(j *job.Job, r *Requests) error {
	shown, err := c.shownBatch(j, r)
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, shown)
}

// listBatches answers GET /v1/batches, newest first. Jobs that are no batches are left out.
func (c *call) listBatches() error {
	query := c.r.URL.Query()
	limit, err := pageOf(query, defaultPage, maxPage)
	if err != nil {
		return err
	}
	shown := make([]batchObject, 0, limit)
	for after := query.Get("after"); ; {
		page, err := c.server.cfg.Jobs.Store.List(c.r.Context(), c.who.Account, maxPage, after)
		if fault.Is(err, fault.JobUnknown) {
			return fault.New(fault.ListRange, "after names no batch").At(fault.Where{Path: "after"})
		}
		if err != nil {
			return err
		}
		for _, j := range page {
			r, err := requestsOf(j)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			if len(shown) == limit {
				return c.marshal(http.StatusOK, newList(shown, true, batchID))
			}
			one, err := c.shownBatch(j, r)
			if err != nil {
				return err
			}
			shown = append(shown, *one)
		}
		if len(page) < maxPage {
			return c.marshal(http.StatusOK, newList(shown, false, batchID))
		}
		after = page[len(page)-1].ID
	}
}

func batchID(b *batchObject) string { return b.ID }

// shownBatch is where a batch stands.
func (c *call) shownBatch(j *job.Job, r *Requests) (*batchObject, error) {
	b := &batchObject{
		ID: j.ID, Object: "batch", Endpoint: r.Endpoint, InputFileID: r.InputFile, CompletionWindow: r.Window, Status: batchStatus(j.State),
		CreatedAt: j.Created.Unix(), InProgressAt: unix(j.Started), Metadata: r.Metadata,
		RequestCounts: batchCounts{Total: j.Total, Completed: j.Done - j.Failures, Failed: j.Failures},
	}
	switch j.State {
	case job.Completed:
		b.FinalizingAt, b.CompletedAt = unix(cmp.Or(j.Finalized, j.Ended)), unix(j.Ended)
	case job.Finalizing:
		b.FinalizingAt = unix(j.Finalized)
	case job.Cancelled:
		b.CancelledAt = unix(j.Ended)
	case job.Expired:
		b.ExpiredAt = unix(j.Ended)
	case job.Failed:
		b.FailedAt = unix(j.Ended)
	}
	if !j.State.Ended() {
		return b, nil
	}
	if j.Error != "" {
		b.Errors = &batchErrors{Object: "list", Data: []openAIProblem{{Message: j.Error, Type: "server_error", Code: j.ErrorCode}}}
	}
	outputs, err := c.server.cfg.Files.Outputs(c.r.Context(), j.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range outputs {
		if strings.HasSuffix(f.ID, refusedSuffix) {
			b.ErrorFileID = &f.ID
		} else {
			b.OutputFileID = &f.ID
		}
	}
	return b, nil
}

// batchStatus is a state as OpenAI's clients know it.
func batchStatus(s job.State) string {
	switch s {
	case job.Pending, job.Queued:
		return "validating"
	case job.Processing, job.Paused:
		return "in_progress"
	default:
		return string(s) // finalizing, cancelling, cancelled, completed, failed and expired are the same words
	}
}

func unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := t.Unix()
	return &s
}

// Ids of a batch's outputs end in these.
const (
	answeredSuffix = "-output"
	refusedSuffix  = "-errors"
)

// Adopter takes over what a job leaves as files of its account. It is called again where the process died in between.
type Adopter interface {
	Adopt(ctx context.Context, o filestore.Output) error
}

// Leave makes files of what a batch has left when it ended: whole where it completed, as far as it came where it did not.
// A job that is no batch leaves none.
func Leave(ctx context.Context, files Adopter, j *job.Job, done job.Progress, answered, refused string) error {
	r, err := requestsOf(j)
	if err != nil || r == nil {
		return err
	}
	for _, out := range []struct {
		path, suffix, name string
		lines              int64
	}{
		{answered, answeredSuffix, "_output.jsonl", done.Done - done.Failures}, {refused, refusedSuffix, "_error.jsonl", done.Failures},
	} {
		path, whole := out.path, true
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			path, whole = path+output.Suffix, false
			info, err = os.Stat(path)
		}
		if errors.Is(err, os.ErrNotExist) || err == nil && (info.Size() == 0 || !whole && out.lines == 0) {
			continue
		}
		if err != nil {
			return fault.Storage(err, j.ID)
		}
		err = files.Adopt(ctx, filestore.Output{
			ID: "file-" + strings.TrimPrefix(j.ID, "batch_") + out.suffix, Account: j.Account, Job: j.ID, Name: j.ID + out.name, Path: path, Whole: whole, Lines: out.lines,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
