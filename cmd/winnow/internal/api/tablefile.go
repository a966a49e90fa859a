package api

import (
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// tablePreview is what the first rows of a job's results say.
type tablePreview struct {
	ID      string           `json:"id"`
	Total   int64            `json:"total" jsonschema:"description=Rows of the results"`
	Columns []string         `json:"columns"`
	Rows    []map[string]any `json:"rows" jsonschema:"description=The first ones\\, as objects"`
}

// previewTable answers GET /api/batch_jobs/{id}/preview: the first rows of the results.
func (c *call) previewTable() error {
	j, made, err := c.table()
	if err != nil {
		return err
	}
	limit, err := pageOf(c.r.URL.Query(), defaultPage, maxPage)
	if err != nil {
		return err
	}
	if err := c.availablePart(j); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.server.cfg.Limits.Answer.Std())
	defer cancel()
	page, err := table.Preview(ctx, c.files(ctx, j.Results), table.BlobName, made.Table.Output, limit)
	if err != nil {
		return err
	}
	c.attach("preview.json")
	return c.marshal(http.StatusOK, struct {
		ID    string `json:"id"`
		Total int64  `json:"total"`
		*table.Page
	}{j.ID, j.Done, page})
}

// downloadTable answers GET /api/batch_jobs/{id}/download: the results, also in ranges.
func (c *call) downloadTable() error {
	j, _, err := c.table()
	if err != nil {
		return err
	}
	if err := c.availablePart(j); err != nil {
		return err
	}
	if c.server.cfg.Downloads.Via != config.ViaS3 {
		return c.sendResults(j)
	}
	address, err := c.downloadable(j, c.begun.Add(ticketFor).UTC().Truncate(time.Second))
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", address)
	c.write(http.StatusFound, nil)
	return nil
}

// availablePart tells why a job's results can't be had, where they can't. With partial=true those of a job that did not
// complete are had as well: its first rows, without a gap.
func (c *call) availablePart(j *job.Job) error {
	part, err := flag(c.r.URL.Query(), partial.name)
	if err != nil {
		return err
	}
	return available(j, part)
}

// attach names the answer as a file that a browser keeps, and does not show.
func (c *call) attach(name string) {
	c.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// resultsFile is what a job's results are called for people, and their media type.
func resultsFile(j *job.Job) (name, media string, err error) {
	made, err := ConfigOf(j)
	if err == nil && made.Table != nil {
		return made.Table.ResultsName(), made.Table.Output.MediaType(), nil
	}
	return resultsName, "application/x-ndjson", err
}
