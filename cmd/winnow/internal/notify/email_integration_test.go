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

// TestEmailTLS sends a note over TLS, both ways, to a server whose certificate is signed by the authority that the settings
// name. A certificate of another authority or for another host is refused, and nothing is sent.
func TestEmailTLS(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		t.Run(mode, func(t *testing.T) {
			authority, certificate, key := backing.Certificate(t, "127.0.0.1")
			another, elsewhere, elsewhereKey := backing.Certificate(t, "mail.example.com")
			box, foreign := backing.SMTPOver(t, mode, certificate, key), backing.SMTPOver(t, mode, elsewhere, elsewhereKey)
			for _, c := range []struct {
				name, authority string
				box             *backing.Mailbox
				sent            int
			}{
				{"trusted", authority, box, 1},
				{"the system's authorities", "", box, 1},
				{"another authority", another, box, 1},
				{"another host", another, foreign, 0},
			} {
				e, err := notify.NewEmail(notify.EmailConfig{
					Server: c.box.Address, User: "winnow", Password: "canary", From: "winnow@example.com", TLS: mode, CA: c.authority, Base: "https://winnow.example.com",
					Of: func(_ context.Context, job string) (to, path string, err error) {
						return "shop@example.com", "/v1/batch/" + job, nil
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				err = e.Tell(t.Context(), note(t))
				if trusted := c.name == "trusted"; (err == nil) != trusted || err != nil && strings.Contains(err.Error(), "canary") {
					t.Errorf("%s: %v", c.name, err)
				}
				if all := c.box.Messages(t); len(all) != c.sent || c.sent > 0 && !strings.Contains(all[0], "X-Envelope-To: shop@example.com\r\n") {
					t.Errorf("%s: messages %q", c.name, all)
				}
			}
		})
	}
}
