package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// The routes that Taylor's clients know: jobs over a file whose rows come back with columns added. They are jobs like the
// others, which GET /v1/batch shows, too.

// tableJob is such a job as its clients read it. Every field is always there.
type tableJob struct {
	ID            string   `json:"id"`
	JobID         string   `json:"job_id" jsonschema:"description=The same as id"`
	Status        string   `json:"status" jsonschema:"enum=queued,enum=processing,enum=completed,enum=failed"`
	State         string   `json:"state" jsonschema:"description=More exactly: cancelled and cancelling as well"`
	Model         string   `json:"model"`
	Version       string   `json:"version" jsonschema:"description=The version of the model that answers"`
	File          string   `json:"file"`
	Columns       []string `json:"columns_to_classify"`
	ColumnsMode   string   `json:"columns_mode" jsonschema:"enum=joined,enum=separate"`
	Threshold     *float64 `json:"threshold" jsonschema:"description=null: the model's own"`
	TopK          *int     `json:"top_k" jsonschema:"description=null where the model finds entities"`
	OutputFormat  string   `json:"output_format" jsonschema:"enum=csv,enum=xlsx,enum=jsonl,enum=parquet"`
	Rows          *int64   `json:"rows" jsonschema:"description=null until they are counted"`
	RowsCompleted int64    `json:"rows_completed" jsonschema:"description=Finished ones\\, failed ones among them"`
	RowsFailed    int64    `json:"rows_failed"`
	CreatedAt     string   `json:"created_at"`
	StartedAt     *string  `json:"started_at"`
	CompletedAt   *string  `json:"completed_at"`
	Error         *string  `json:"error"`

	Warnings []warning `json:"warnings" jsonschema:"description=What is to be known of the file and the results"`

	StatusURL  string `json:"status_url"`
	PreviewURL string `json:"preview_url"`
	ResultsURL string `json:"results_url" jsonschema:"description=The file\\, once the job is completed"`

	WebhookSecret string `json:"webhook_secret,omitempty" jsonschema:"description=Verifies what is posted to webhook_url\\, as Standard Webhooks has it; shown once"`
}

// inputNote is the code of what was assumed of a file.
const inputNote = "input.note"

// tablesPath begins the paths of these routes.
const tablesPath = "/api/batch_jobs"

// createTable answers POST /api/batch_jobs/create: a job that waits its turn.
func (c *call) createTable() error {
	id := job.NewID()
	f, err := c.readTableForm(id)
	if err != nil {
		c.hearOut()
		return err
	}
	made := false
	defer func() {
		if !made {
			c.unwanted(f.blob.Key)
		}
	}()
	return c.once(f.sum, func() (string, error) {
		err := c.makeTable(id, f)
		made = err == nil
		return id, err
	}, func(status int, id string) error {
		j, config, err := c.tableOf(id)
		if err != nil {
			return err
		}
		return c.marshal(status, c.shownTable(j, config))
	})
}

// hearOut reads on after a mistake was found: a client that sends its whole form before it listens gets to see the answer then,
// instead of a broken connection.
func (c *call) hearOut() {
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(hearFor)) // where there are no deadlines, none is needed
	_, _ = io.CopyN(io.Discard, c.r.Body, maxHeard)
}

// makeTable makes a job of a form whose file is kept, and answers with it.
func (c *call) makeTable(id string, f *tableForm) error {
	ctx, cancel := context.WithTimeout(c.r.Context(), c.server.cfg.Limits.Answer.Std())
	defer cancel()
	config, err := c.tableConfig(ctx, f)
	if err != nil {
		return err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	jobs := c.server.cfg.Jobs
	ctx = context.WithoutCancel(ctx) // what was begun is ended: the file is here
	j, err := jobs.Store.Create(ctx, id, c.who.Account, text, c.newTicket(id))
	if err != nil {
		return err
	}
	if err := c.arrived(j, f.blob); err != nil {
		return err
	}
	if j, err = jobs.Store.Enqueue(ctx, c.who.Account, id); err != nil {
		return err
	}
	jobs.Wake()
	shown := c.shownTable(j, config)
	shown.WebhookSecret = config.Hook.secret()
	return c.marshal(http.StatusOK, shown)
}

// unwanted removes a blob that no job has.
func (c *call) unwanted(key string) {
	if key == "" {
		return
	}
	if err := c.server.cfg.Jobs.Blobs.Remove(context.WithoutCancel(c.r.Context()), key); err != nil { // a sweep does it
		c.server.log.Warn().Err(err).Str("request_id", c.id).Msg("remove an upload that is not needed")
	}
}

// files is a file system of one blob.
func (c *call) files(ctx context.Context, key string) disk.FS {
	return table.Files(func() (blob.Object, error) { return c.server.cfg.Jobs.Blobs.Open(ctx, key) })
}

// tableConfig checks what a form asks for against its file and its model, and makes the job's configuration of it.
func (c *call) tableConfig(ctx context.Context, f *tableForm) (*JobConfig, error) {
	switch email := c.server.cfg.Notify.Email; {
	case f.notify == "":
	case email == nil:
		return nil, fault.New(fault.FormField, "notify_email: the server sends no e-mails").At(fault.Where{Path: "notify_email"}).
			WithFix("leave it out, or ask the server's operator to configure notify.email")
	case !email.Allows(f.notify):
		return nil, fault.New(fault.FormField, "notify_email: the server sends no e-mail to this domain").At(fault.Where{Path: "notify_email"}).
			WithFix("name another address, or ask the server's operator for the domain in notify.email.domains")
	}
	t := &table.Config{Model: f.model, Name: f.file}
	config, err := c.modelConfig(f, t)
	if err != nil {
		return nil, err
	}
	config.Table, config.Notify, config.Key = t, f.notify, c.who.Key
	if f.hook != "" {
		if config.Hook, err = c.hook(f.hook); err != nil {
			return nil, err
		}
	}
	shape, err := table.Look(ctx, c.files(ctx, f.blob.Key), table.BlobName, f.input)
	if err != nil {
		return nil, nowhere(err)
	}
	for _, note := range shape.Layout.Notes {
		f.blob.Warnings = append(f.blob.Warnings, job.Warning{Code: inputNote, Message: noted(note)})
	}
	t.Input, t.Output = shape.Input, f.output(shape.Input)
	choices, err := table.ParseChoices(f.columns)
	if err == nil {
		t.Text, err = shape.Choose(choices)
	}
	if err != nil {
		return nil, within("columns_to_classify", nowhere(err))
	}
	t.Separate = f.mode == "separate"
	_, err = table.ResultNames(shape.Layout, t.Columns())
	return config, err
}

// output is how the results are to be written.
func (f *tableForm) output(in table.Input) table.Output {
	o := table.Output{Format: f.format}
	if o.Format == "" {
		o.Format = in.Format
	}
	if o.Format != table.CSV {
		return o
	}
	if o.Delimiter = in.Delimiter; o.Delimiter == "" || o.Delimiter == "\t" { // a .csv with tabs would surprise its readers
		o.Delimiter = ","
	}
	if o.Formulas = f.formulas; o.Formulas == "" {
		o.Formulas = "neutralize"
	}
	return o
}

// noted is what was assumed of a file, without the name that it has on the server and the flags that another command has.
func noted(note string) string {
	note, _, _ = strings.Cut(strings.TrimPrefix(note, table.BlobName+": "), "; -")
	note, _, _ = strings.Cut(note, "; header:")
	if rest, ok := strings.CutPrefix(note, table.BlobName+" "); ok {
		return "the file " + rest
	}
	return note
}

// nowhere takes the file out of the places of errors: its name is the server's own business.
func nowhere(err error) error {
	var errs []error
	for _, e := range fault.List(err) {
		where := e.Where
		where.File = ""
		errs = append(errs, e.At(where))
	}
	return errors.Join(errs...)
}

// table is the job of the request's path; a job that is none over a table is unknown here.
func (c *call) table() (*job.Job, *JobConfig, error) { return c.tableOf(c.r.PathValue("id")) }

func (c *call) tableOf(id string) (*job.Job, *JobConfig, error) {
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), c.who.Account, id)
	if err != nil {
		return nil, nil, err
	}
	config, err := ConfigOf(j)
	if err == nil && config.Table == nil {
		err = fault.New(fault.JobUnknown, "there is no such job")
	}
	return j, config, err
}

// showTable answers GET /api/batch_jobs/{id}.
func (c *call) showTable() error {
	j, config, err := c.table()
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, c.shownTable(j, config))
}

// listTables answers GET /api/batch_jobs: a bare array, newest first, with the next page in the header Link. Other jobs are
// left out.
func (c *call) listTables() error {
	query := c.r.URL.Query()
	limit, err := pageOf(query, defaultPage, maxPage)
	if err != nil {
		return err
	}
	shown := make([]tableJob, 0, limit)
	for after := query.Get("after"); ; {
		page, err := c.server.cfg.Jobs.Store.List(c.r.Context(), c.who.Account, maxPage, after)
		if fault.Is(err, fault.JobUnknown) {
			return fault.New(fault.ListRange, "after names no job").At(fault.Where{Path: "after"})
		}
		if err != nil {
			return err
		}
		for _, j := range page {
			config, err := ConfigOf(j)
			if err != nil {
				return err
			}
			if config.Table == nil {
				continue
			}
			if len(shown) == limit {
				next := url.Values{"limit": {strconv.Itoa(limit)}, "after": {shown[limit-1].ID}}
				c.w.Header().Set("Link", "<"+c.base()+tablesPath+"?"+next.Encode()+`>; rel="next"`)
				return c.marshal(http.StatusOK, shown)
			}
			shown = append(shown, c.shownTable(j, config))
		}
		if len(page) < maxPage {
			return c.marshal(http.StatusOK, shown)
		}
		after = page[len(page)-1].ID
	}
}

// shownTable is where a job stands.
func (c *call) shownTable(j *job.Job, config *JobConfig) tableJob {
	t, at := config.Table, c.base()+tablesPath+"/"+j.ID
	common := shownJob(j)
	s := tableJob{
		ID: j.ID, JobID: j.ID, Status: tableStatus(j.State), State: common.State, Model: t.Model, Version: config.Version, File: t.Name, Columns: t.Text, ColumnsMode: "joined",
		Threshold: t.Threshold, OutputFormat: t.Output.Format, RowsCompleted: j.Done, RowsFailed: j.Failures, CreatedAt: j.Created.Format(time.RFC3339),
		StartedAt: common.StartedAt, CompletedAt: common.CompletedAt, Error: common.Error, Warnings: common.Warnings,
		StatusURL: at, PreviewURL: at + "/preview", ResultsURL: at + "/download",
	}
	if t.Separate {
		s.ColumnsMode = "separate"
	}
	if t.TopK > 0 {
		s.TopK = &t.TopK
	}
	if j.Total > 0 {
		s.Rows = &j.Total
	}
	return s
}

// tableStatus is a state as Taylor's clients know it.
func tableStatus(s job.State) string {
	if s == job.Pending || s == job.Queued {
		return "queued"
	}
	return statusName(s)
}

// Told is what the e-mail of a job's end needs to know of it.
func Told(j *job.Job) (notify.About, error) {
	config, err := ConfigOf(j)
	if err != nil {
		return notify.About{}, err
	}
	a := notify.About{To: config.Notify, Path: "/v1/batch/" + j.ID}
	if config.Table != nil {
		a.Path = tablesPath + "/" + j.ID
		a.Results = a.Path + "/download"
	}
	return a, nil
}
