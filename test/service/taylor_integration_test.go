//go:build integration

package service

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/backing"
	"github.com/winnow-stream/winnow/test/python"
)

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
					mail = append(mail, m)
				}
			}
		}
		if len(mail) != 1 || !strings.Contains(mail[0], "X-Envelope-To: "+address+"\r\n") || !strings.Contains(mail[0], "Subject: Job "+id+": completed") || !strings.Contains(mail[0], public+"/api/batch_jobs/"+id) {
			t.Errorf("%s: %d messages: %s", line, len(mail), mail)
		}
	}
}
