package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// downloadPath begins the paths of downloads. What follows is the ticket's secret.
const downloadPath = "/_blob/d/"

// resultsName is what a browser calls the file.
const resultsName = "results.ndjson"

// showResults answers GET /v1/batch/{id}/results: where they are, for an hour. With partial=true also those of a job that did
// not complete: a line for each record that was done, from the first on without a gap.
func (c *call) showResults() error {
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := c.availablePart(j); err != nil {
		return err
	}
	made, err := ConfigOf(j)
	if err != nil {
		return err
	}
	if made.Names == nil { // each request of a batch has its own
		made.Names = []string{}
	}
	until := c.begun.Add(ticketFor).UTC().Truncate(time.Second)
	address, err := c.downloadable(j, until)
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, jobResults{
		JobID: j.ID, DownloadURL: address, ExpiresAt: until.Format(time.RFC3339), Partial: j.State != job.Completed,
		Classifier: made.Version, Labels: made.Names,
	})
}

// available tells why a job's results can't be had, where they can't. Those of a job that did not complete are had only by who
// asks for a part.
func available(j *job.Job, partial bool) error {
	switch {
	case j.State == job.Completed:
		return nil
	case j.State == job.Expired:
		return fault.New(fault.BlobMissing, "the job has expired, and its results are not kept any more")
	case j.State != job.Failed && j.State != job.Cancelled:
		return fault.New(fault.ResultsNotReady, "the job is %s", j.State)
	case !partial:
		return fault.New(fault.JobFailed, "%s", ending(j))
	case j.Results == "" && j.Done > 0:
		return fault.New(fault.ResultsNotReady, "%s, and what was done before is not kept here", ending(j)).WithFix("start the job again: it goes on there")
	case j.Results == "":
		return fault.New(fault.ResultsNotReady, "%s, and nothing was done before", ending(j)).WithFix("mend the cause and start the job again")
	default:
		return nil
	}
}

// ConfigOf reads what a job does to its records.
func ConfigOf(j *job.Job) (*JobConfig, error) {
	c := new(JobConfig)
	if err := json.Unmarshal(j.Config, c); err != nil {
		return nil, fmt.Errorf("read a job's configuration: %w", err)
	}
	return c, nil
}

// downloadable makes an address for a job's results: of this server's, or of S3's.
func (c *call) downloadable(j *job.Job, until time.Time) (string, error) {
	if c.server.cfg.Downloads.Via == config.ViaS3 {
		name, _, err := resultsFile(j)
		if err != nil {
			return "", err
		}
		return c.server.cfg.Jobs.Signer.SignGet(c.r.Context(), j.Results, name, until)
	}
	secret := newSecret()
	if err := c.server.cfg.Jobs.Store.Allow(c.r.Context(), j.ID, secret, until); err != nil {
		return "", err
	}
	return c.base() + downloadPath + secret, nil
}

// download answers GET of a download's address, also in ranges.
func (c *call) download() error {
	j, err := c.server.cfg.Jobs.Store.ByDownload(c.r.Context(), c.r.PathValue("ticket"))
	if err != nil {
		return err
	}
	return c.sendResults(j)
}

// sendResults answers with a job's results, or the range of them that is asked for.
func (c *call) sendResults(j *job.Job) error {
	name, media, err := resultsFile(j)
	if err != nil {
		return err
	}
	o, err := c.server.cfg.Jobs.Blobs.Open(c.r.Context(), j.Results)
	if err != nil {
		return err
	}
	defer o.Close()
	c.w.Header().Set("Content-Type", media)
	return c.sendContent(name, j.Ended, o, true)
}
