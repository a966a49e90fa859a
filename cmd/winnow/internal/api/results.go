package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// downloadPath begins the paths of downloads. What follows is a ticket: account, job, end and signature.
const downloadPath = "/_blob/d/"

// showResults answers GET /v1/batch/{id}/results: where they are, for an hour.
func (c *call) showResults() error {
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	switch j.State {
	case job.Completed:
	case job.Failed, job.Cancelled:
		return fault.New(fault.JobFailed, "the job is %s: %s", j.State, j.Error)
	default:
		return fault.New(fault.ResultsNotReady, "the job is %s", j.State)
	}
	if _, err := os.Stat(c.server.results(j)); errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.ResultsExpired, "the job's results are not kept any more")
	}
	until := c.begun.Add(ticketFor).UTC().Truncate(time.Second)
	return c.marshal(http.StatusOK, jobResults{
		JobID: j.ID, DownloadURL: c.base() + downloadPath + c.server.sign(j.Account, j.ID, until), ExpiresAt: until.Format(time.RFC3339),
	})
}

// results is where a job's results are.
func (s *Server) results(j *job.Job) string { return filepath.Join(s.folder(j), s.cfg.Jobs.Results) }

// sign makes a download's ticket. Its secret is the process's: a restart takes back what was given out.
func (s *Server) sign(account, id string, until time.Time) string {
	what := account + "." + id + "." + strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte("GET " + what))
	return what + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// download answers GET of a download's address, also in ranges.
func (c *call) download() error {
	ticket := c.r.PathValue("ticket")
	parts := strings.Split(ticket, ".")
	refused := fault.New(fault.DownloadSignature, "the download's address is not valid, or has expired")
	if len(parts) != 4 {
		return refused
	}
	unix, err := strconv.ParseInt(parts[2], 10, 64)
	until := time.Unix(unix, 0)
	if err != nil || !hmac.Equal([]byte(ticket), []byte(c.server.sign(parts[0], parts[1], until))) || !c.begun.Before(until) {
		return refused
	}
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), parts[0], parts[1])
	if err != nil || j.State != job.Completed {
		return refused
	}
	f, err := os.Open(c.server.results(j))
	if err != nil {
		return fault.Storage(err, j.ID)
	}
	defer f.Close()
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // the connection's own timeouts end one that is dead
	h := c.w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="results.ndjson"`)
	w := &counting{ResponseWriter: c.w}
	http.ServeContent(w, c.r, "", j.Ended, f)
	c.status, c.sent = w.status, w.sent
	return nil
}
