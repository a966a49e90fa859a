package client

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Ask is what a job is to do with its texts.
type Ask struct {
	Labels       []string            `json:"labels,omitempty"`
	Classifier   string              `json:"classifier,omitempty"`
	Descriptions map[string]string   `json:"descriptions,omitempty"`
	Examples     map[string][]string `json:"examples,omitempty"`
	Backend      string              `json:"backend,omitempty"`
	Mode         string              `json:"mode,omitempty"`
	Threshold    *float64            `json:"threshold,omitempty"`
}

// Created is a new job: where its input goes, for an hour.
type Created struct {
	JobID  string            `json:"job_id"`
	URL    string            `json:"upload_url"` // a secret
	Fields map[string]string `json:"upload_fields"`
	Key    string            `json:"input_key"`
}

// Job is where a job stands.
type Job struct {
	JobID     string     `json:"job_id"`
	Status    string     `json:"status"`
	State     string     `json:"state"`
	Total     int64      `json:"requests_total"`
	Completed int64      `json:"requests_completed"` // failed ones among them
	Succeeded int64      `json:"requests_succeeded"`
	Failed    int64      `json:"requests_failed"`
	Estimated int64      `json:"estimated_tokens"`
	Tokens    *int64     `json:"actual_tokens"` // nil until the job is completed
	Created   time.Time  `json:"created_at"`
	Started   *time.Time `json:"started_at"`
	Ended     *time.Time `json:"completed_at"`
	Error     *string    `json:"error"`
}

// Over tells whether nothing more happens to the job by itself.
func (j *Job) Over() bool { return j.Status == "completed" || j.Status == "failed" }

// Create makes a job.
func (c *Client) Create(ctx context.Context, a *Ask) (*Created, error) {
	made := new(Created)
	// One key for all tries: the second finds the job that the first made.
	_, err := c.ask(ctx, http.MethodPost, "/v1/batch", nil, a, made, http.Header{"Idempotency-Key": {rand.Text()}})
	return made, err
}

// Ticket gets another address for a job's input.
func (c *Client) Ticket(ctx context.Context, id string) (*Created, error) {
	made := new(Created)
	_, err := c.ask(ctx, http.MethodPost, jobPath(id)+"/upload", nil, nil, made, nil)
	return made, err
}

// Ways to start a job.
const (
	StartNow     = ""        // or be refused where the account runs another one
	StartQueued  = "queue"   // after the account's others
	StartRestart = "restart" // from its begin, whatever it had done
)

// Start starts a job in one of the ways. One that runs already is fine where an earlier try may have started it.
func (c *Client) Start(ctx context.Context, id, way string) error {
	query := url.Values{}
	if way != StartNow {
		query.Set(way, "true")
	}
	tries := 0
	return c.persist(ctx, func() error {
		tries++
		r, err := c.request(ctx, http.MethodPost, jobPath(id)+"/start", query, http.NoBody)
		if err != nil {
			return err
		}
		answer, err := c.do(r)
		if err == nil {
			return answer.Body.Close()
		}
		if tries > 1 && (fault.Is(err, fault.JobProcessing) || fault.Is(err, fault.JobCompleted)) {
			return nil
		}
		return err
	})
}

// Job is where a job stands.
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	j := new(Job)
	_, err := c.ask(ctx, http.MethodGet, jobPath(id), nil, nil, j, nil)
	return j, err
}

// Jobs are the account's jobs, newest first: at most limit of them.
func (c *Client) Jobs(ctx context.Context, limit int) ([]Job, error) {
	var all []Job
	for after := ""; len(all) < limit; {
		query := url.Values{"limit": {strconv.Itoa(min(limit-len(all), maxPage))}}
		if after != "" {
			query.Set("after", after)
		}
		var page []Job
		header, err := c.ask(ctx, http.MethodGet, "/v1/batch", query, nil, &page, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if header.Get("Link") == "" || len(page) == 0 {
			break
		}
		after = page[len(page)-1].JobID
	}
	return all, nil
}

// maxPage is the longest list that a server gives at once.
const maxPage = 100

// Cancel tells a job to stop.
func (c *Client) Cancel(ctx context.Context, id string) (*Job, error) {
	j := new(Job)
	_, err := c.ask(ctx, http.MethodPost, jobPath(id)+"/cancel", nil, nil, j, nil)
	return j, err
}

// Delete removes a job with its files.
func (c *Client) Delete(ctx context.Context, id string) error {
	var gone struct {
		Deleted bool `json:"deleted"`
	}
	_, err := c.ask(ctx, http.MethodDelete, jobPath(id), nil, nil, &gone, nil)
	return err
}

// Watch calls see with where a job stands until it is over, and returns how it ended.
func (c *Client) Watch(ctx context.Context, id string, see func(*Job)) (*Job, error) {
	for {
		j, err := c.Job(ctx, id)
		if err != nil {
			return nil, err
		}
		see(j)
		if j.Over() {
			return j, nil
		}
		if err := c.cfg.Wait(ctx, watchEvery); err != nil {
			return nil, err
		}
	}
}

// watchEvery is how often a job that is watched is asked for: as often as its server records how far it got.
const watchEvery = time.Second

func jobPath(id string) string { return "/v1/batch/" + url.PathEscape(id) }
