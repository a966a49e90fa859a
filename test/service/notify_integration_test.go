//go:build integration

package service

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/backing"
	"github.com/winnow-stream/winnow/test/python"
)

// TestNotify ends a job. A receiver that others wrote verifies the webhook, which comes again under the same id after it was
// refused, and a real SMTP server gets one message; neither has a text of a record, and neither comes twice after a kill.
func TestNotify(t *testing.T) {
	const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	receiver := exec.CommandContext(t.Context(), python.With(t, "webhooks-venv", "standardwebhooks==1.1.0"), "testdata/webhook_receiver.py", secret)
	out, err := receiver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = receiver.Process.Kill(); _ = receiver.Wait() }()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the receiver does not start")
	}
	box := backing.SMTP(t)
	bin, dir := build(t), t.TempDir()
	settings := []string{
		"WINNOW_SERVE_NOTIFY_WEBHOOK_URL=http://127.0.0.1:" + lines.Text() + "/", "WINNOW_SERVE_NOTIFY_WEBHOOK_SECRET=" + secret, "WINNOW_SERVE_NOTIFY_WEBHOOK_PRIVATE=true",
		"WINNOW_SERVE_NOTIFY_EMAIL_TO=team@example.com", "WINNOW_SERVE_NOTIFY_EMAIL_FROM=winnow@example.com",
		"WINNOW_SERVE_NOTIFY_EMAIL_SERVER=" + box.Address, "WINNOW_SERVE_NOTIFY_EMAIL_TLS=none",
	}
	s, c := start(t, bin, dir, settings...), new(client)
	c.address.Store(&s.address)
	id := c.uploaded(t, []byte("{\"text\":\"canary-4711 refund\"}\nbad\n{\"text\":\"invoice\"}\n"))
	c.must(t, http.MethodPost, "/v1/batch/"+id+"/start", "")
	c.watch(t, id, 1)
	s.kill() // whatever was told by now
	start(t, bin, dir, settings...)
	type received struct {
		ID, Type, Job string
		Failed        int
	}
	var got [2]received
	for i := range got {
		if !lines.Scan() {
			t.Fatal("the receiver has ended")
		}
		if err := json.Unmarshal(lines.Bytes(), &got[i]); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
	}
	if got[0] != got[1] || got[0].ID == "" || got[0].Type != "batch.completed" || got[0].Job != id || got[0].Failed != 1 {
		t.Errorf("%+v", got)
	}
	var mail []string
	for begun := time.Now(); len(mail) == 0 && time.Since(begun) < time.Minute; {
		for _, m := range box.Messages(t) {
			if strings.Contains(m, id) {
				mail = append(mail, m)
			}
		}
	}
	if len(mail) != 1 || strings.Contains(mail[0], "canary") || !strings.Contains(mail[0], "Subject: Job "+id+": completed") {
		t.Errorf("%d messages: %s", len(mail), mail)
	}
}
