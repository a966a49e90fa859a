//go:build integration

package notify_test

import (
	"context"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestEmail sends a note by a real SMTP server: once as text and once as HTML, whose fields can't become tags. Without TLS
// it is sent only where the settings say so.
func TestEmail(t *testing.T) {
	box := backing.SMTP(t)
	cfg := notify.EmailConfig{Server: box.Address, From: "winnow@example.com", To: "team@example.com", Base: "https://winnow.example.com", TLS: "starttls"}
	cfg.About = func(_ context.Context, job string) (notify.About, error) {
		return notify.About{Path: "/v1/batch/" + job, Results: "/results"}, nil
	}
	for _, c := range []string{"starttls", "tls", "none"} {
		cfg.TLS = c
		e, err := notify.NewEmail(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Tell(t.Context(), note(t)); (err == nil) != (c == "none") {
			t.Errorf("TLS %s: %v", c, err)
		}
	}
	all := box.Messages(t)
	if len(all) != 1 {
		t.Fatalf("%d messages", len(all))
	}
	for _, want := range []string{
		"X-Envelope-From: winnow@example.com\r\nX-Envelope-To: team@example.com\r\n", "Message-ID: <msg_one@winnow>", "Subject: Job batch_0123456789abcdef: failed",
		"text/plain", "7 of 9 records are done; 5 of them could not be labelled.", "https://winnow.example.com/v1/batch/batch_0123456789abcdef",
		"text/html", "too many &lt;records&gt; failed",
	} {
		if !strings.Contains(all[0], want) {
			t.Errorf("there is no %q in\n%s", want, all[0])
		}
	}
	if strings.Contains(all[0], "/results") {
		t.Errorf("the job has failed, and there are results in\n%s", all[0])
	}
}
