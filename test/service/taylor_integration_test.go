//go:build integration

package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/backing"
	"github.com/winnow-stream/winnow/test/python"
)

// TestKilledTable kills the server three times under a job over a file. The job completes after the last restart, with the
// results of one that nobody disturbed: a row for each of the file's, in order, those that failed among them.
func TestKilledTable(t *testing.T) {
	const n = 200_000
	var rows bytes.Buffer
	rows.WriteString("id,text\n")
	for i := range n {
		if i%1000 == 7 {
			fmt.Fprintf(&rows, "%d,bad,row\n", i)
			continue
		}
		fmt.Fprintf(&rows, "%d,%s order %d\n", i, []string{"refund my", "the app crashes on", "I want to buy", "invoice of"}[i%4], i)
	}
	bin, dir := build(t), t.TempDir()
	s := start(t, bin, dir)
	begun := func() string {
		t.Helper()
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		_ = form.WriteField("model", "topics")
		w, err := form.CreateFormFile("file", "rows.csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(rows.Bytes())
		_ = form.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/api/batch_jobs/create", &b)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		var made status
		if err := json.Unmarshal(do(t, r), &made); err != nil {
			t.Fatal(err)
		}
		return made.JobID
	}
	want := results(t, s, begun(), 0)
	if lines, failed := bytes.Count(want, []byte("\n")), bytes.Count(want, []byte("record.fields: ")); lines != n+1 || failed != n/1000 {
		t.Fatalf("%d lines, %d rows that failed", lines, failed)
	}
	id, before := begun(), 0
	for i := range 3 {
		grown(t, filepath.Join(dir, "winnow-data", "work", id, "results.part"), int64(len(want)*(i+1)/5))
		before = max(before, ask(t, s, http.MethodGet, "/v1/batch/"+id, "").Completed)
		s.kill()
		s = start(t, bin, dir)
	}
	if got := results(t, s, id, before); !bytes.Equal(got, want) {
		t.Errorf("after kills: %d bytes, want %d", len(got), len(want))
	}
}

// TestTaylor runs the example of Taylor's guide with nothing but host and path changed. When a job has ended, a real SMTP
// server gets one message with its link, for whom the job names or else the settings.
func TestTaylor(t *testing.T) {
	interpreter := python.With(t, "taylor-venv", "requests==2.32.5", "openpyxl==3.1.5")
	const public = "https://winnow.example.com"
	box := backing.SMTP(t)
	s := start(t, build(t), t.TempDir(), "WINNOW_SERVE_PUBLIC_URL="+public, "WINNOW_SERVE_NOTIFY_EMAIL_TO=team@example.com",
		"WINNOW_SERVE_NOTIFY_EMAIL_FROM=winnow@example.com", "WINNOW_SERVE_NOTIFY_EMAIL_SERVER="+box.Address, "WINNOW_SERVE_NOTIFY_EMAIL_TLS=none")
	var failure bytes.Buffer
	client := exec.Command(interpreter, "testdata/taylor_client.py", s.address, public)
	client.Stderr = &failure
	out, err := client.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &failure)
	}
	for line := range strings.Lines(string(out)) {
		id, address, _ := strings.Cut(strings.TrimSpace(line), " ")
		var mail []string
		for begun := time.Now(); len(mail) == 0 && time.Since(begun) < time.Minute; {
			for _, m := range box.Messages(t) {
				if strings.Contains(m, id) {
					mail = append(mail, strings.ReplaceAll(m, "=\r\n", "")) // where quoted-printable breaks a line
				}
			}
		}
		if len(mail) != 1 || !strings.Contains(mail[0], "X-Envelope-To: "+address+"\r\n") || !strings.Contains(mail[0], "Subject: Job "+id+": completed") || !strings.Contains(mail[0], public+"/api/batch_jobs/"+id+"/download") {
			t.Errorf("%s: %d messages: %s", line, len(mail), mail)
		}
	}
}
