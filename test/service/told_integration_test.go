//go:build integration

package service

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/backing"
)

// TestTold makes a job that names an address and a mailbox of its own, on a server that tells nobody by itself: the address
// gets what its secret verifies, and the mailbox one message over TLS.
func TestTold(t *testing.T) {
	type posted struct {
		header http.Header
		body   []byte
	}
	got := make(chan posted, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- posted{r.Header, body}
	}))
	defer receiver.Close()
	authority, certificate, key := backing.Certificate(t, "127.0.0.1")
	box := backing.SMTPOver(t, "starttls", certificate, key)
	s, c := start(t, build(t), t.TempDir(), "WINNOW_SERVE_NOTIFY_PRIVATE=true", "WINNOW_SERVE_NOTIFY_EMAIL_FROM=winnow@example.com",
		"WINNOW_SERVE_NOTIFY_EMAIL_SERVER="+box.Address, "WINNOW_SERVE_NOTIFY_EMAIL_CA="+authority), new(client)
	c.address.Store(&s.address)
	ask := `{"labels":["billing","technical"],"notify_email":"me@example.com","webhook_url":"` + receiver.URL + `/hook"}`
	code, data, err := c.send(t, http.MethodPost, "/v1/batch", "application/json", strings.NewReader(ask))
	var made struct {
		JobID         string `json:"job_id"`
		UploadURL     string `json:"upload_url"`
		InputKey      string `json:"input_key"`
		WebhookSecret string `json:"webhook_secret"`
	}
	if err == nil {
		err = json.Unmarshal(data, &made)
	}
	if err != nil || code != http.StatusCreated {
		t.Fatalf("%v, status %d %s", err, code, data)
	}
	kind, body := form(made.InputKey, strings.NewReader("{\"text\":\"canary-4711 refund\"}\n"))
	if code, data, err := c.send(t, http.MethodPost, made.UploadURL, kind, body); err != nil || code != http.StatusNoContent {
		t.Fatalf("%v, status %d %s", err, code, data)
	}
	c.must(t, http.MethodPost, "/v1/batch/"+made.JobID+"/start", "")
	select {
	case p := <-got:
		secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(made.WebhookSecret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(p.header.Get("webhook-id") + "." + p.header.Get("webhook-timestamp") + "."))
		mac.Write(p.body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); p.header.Get("webhook-signature") != want || !strings.Contains(string(p.body), made.JobID) || strings.Contains(string(p.body), "canary") {
			t.Errorf("%v %s", p.header, p.body)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing is posted")
	}
	var mail []string
	for begun := time.Now(); len(mail) == 0 && time.Since(begun) < time.Minute; {
		mail = box.Messages(t)
	}
	if len(mail) != 1 || !strings.Contains(mail[0], "X-Envelope-To: me@example.com\r\n") || !strings.Contains(mail[0], "Subject: Job "+made.JobID+": completed") || strings.Contains(mail[0], "canary") {
		t.Errorf("%d messages: %s", len(mail), mail)
	}
}
