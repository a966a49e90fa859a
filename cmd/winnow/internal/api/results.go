package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// downloadPath begins the paths of downloads. What follows is a ticket: account, job, length, end and signature.
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
		if c.r.URL.Query().Get("partial") == "true" {
			return c.partialResults(j)
		}
		return fault.New(fault.JobFailed, "the job is %s: %s", j.State, j.Error)
	default:
		return fault.New(fault.ResultsNotReady, "the job is %s", j.State)
	}
	if _, err := os.Stat(c.server.results(j)); errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.ResultsExpired, "the job's results are not kept any more")
	}
	return c.shownResults(j, complete)
}

// complete is the length of a download that is the whole file.
const complete = -1

// shownResults answers with the address of so many bytes of results.
func (c *call) shownResults(j *job.Job, length int64) error {
	var config JobConfig
	if err := json.Unmarshal(j.Config, &config); err != nil {
		return fmt.Errorf("read a job's configuration: %w", err)
	}
	until := c.begun.Add(ticketFor).UTC().Truncate(time.Second)
	return c.marshal(http.StatusOK, jobResults{
		JobID: j.ID, DownloadURL: c.base() + downloadPath + c.server.sign(j.Account, j.ID, length, until), ExpiresAt: until.Format(time.RFC3339),
		Classifier: config.Version, Labels: config.Names,
	})
}

// partialResults answers with what a job that did not complete has committed: a line for each record that is done, from the
// first on without a gap.
func (c *call) partialResults(j *job.Job) error {
	f, err := os.Open(c.server.partial(j))
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.ResultsExpired, "the job has no results")
	}
	if err != nil {
		return fault.Storage(err, j.ID)
	}
	defer f.Close()
	length, err := lengthOf(f, j.Done)
	if err != nil {
		return fault.Storage(err, j.ID)
	}
	return c.shownResults(j, length)
}

// lengthOf is how many bytes the first lines of a file have.
func lengthOf(r io.Reader, lines int64) (length int64, err error) {
	chunk := make([]byte, 64<<10)
	for lines > 0 {
		n, err := r.Read(chunk)
		for rest := chunk[:n]; lines > 0; lines-- {
			at := bytes.IndexByte(rest, '\n')
			if at < 0 {
				length += int64(len(rest))
				break
			}
			length, rest = length+int64(at)+1, rest[at+1:]
		}
		if errors.Is(err, io.EOF) {
			return length, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return length, nil
}

// partial is where a job writes its results until they are complete.
func (s *Server) partial(j *job.Job) string { return s.results(j) + ".part" }

// results is where a job's results are.
func (s *Server) results(j *job.Job) string { return filepath.Join(s.folder(j), s.cfg.Jobs.Results) }

// sign makes a download's ticket. Its secret is the process's: a restart takes back what was given out.
func (s *Server) sign(account, id string, length int64, until time.Time) string {
	what := account + "." + id + "." + strconv.FormatInt(length, 10) + "." + strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte("GET " + what))
	return what + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// download answers GET of a download's address, also in ranges.
func (c *call) download() error {
	ticket := c.r.PathValue("ticket")
	parts := strings.Split(ticket, ".")
	refused := fault.New(fault.DownloadSignature, "the download's address is not valid, or has expired")
	if len(parts) != 5 {
		return refused
	}
	length, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return refused
	}
	unix, err := strconv.ParseInt(parts[3], 10, 64)
	until := time.Unix(unix, 0)
	if err != nil || !hmac.Equal([]byte(ticket), []byte(c.server.sign(parts[0], parts[1], length, until))) || !c.begun.Before(until) {
		return refused
	}
	j, err := c.server.cfg.Jobs.Store.Get(c.r.Context(), parts[0], parts[1])
	if err != nil {
		return refused
	}
	path := c.server.results(j)
	switch {
	case length != complete && j.State != job.Completed: // what was committed stays as it is when the job goes on
		path = c.server.partial(j)
	case j.State != job.Completed:
		return refused
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.ResultsExpired, "the job's results are not kept any more")
	}
	if err != nil {
		return fault.Storage(err, j.ID)
	}
	defer f.Close()
	if length == complete {
		info, err := f.Stat()
		if err != nil {
			return fault.Storage(err, j.ID)
		}
		length = info.Size()
	}
	c.send(io.NewSectionReader(f, 0, length), j.Ended)
	return nil
}

// send answers with lines of results: in ranges where the client asks for one, in gzip where it takes that.
func (c *call) send(lines *io.SectionReader, changed time.Time) {
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // the connection's own timeouts end one that is dead
	h := c.w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="results.ndjson"`)
	w := &counting{ResponseWriter: c.w}
	if c.r.Header.Get("Range") == "" && c.r.Method == http.MethodGet && acceptsGzip(c.r.Header) {
		z := compress(w)
		w.WriteHeader(http.StatusOK)
		_, _ = io.Copy(z, lines) // whoever asked may be gone
		_ = z.Close()
	} else {
		http.ServeContent(w, c.r, "", changed, lines)
	}
	c.status, c.sent = w.status, w.sent
}
