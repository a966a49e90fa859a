package notify_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

// key signs the webhooks of the tests.
var key = []byte("0123456789abcdef0123456789abcdef")

var secret = "whsec_" + base64.StdEncoding.EncodeToString(key)

func note(t *testing.T) *job.Note {
	t.Helper()
	body, err := json.Marshal(job.NoteBody{Type: "batch.failed", Timestamp: time.Now(), Data: job.NoteData{
		ID: "batch_0123456789abcdef", Account: "shop", State: job.Failed, Total: 9, Completed: 7, Failed: 5, ErrorCode: "error_rate.exceeded", Error: "too many <records> failed",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &job.Note{ID: "msg_one", Job: "batch_0123456789abcdef", Event: "batch.failed", Channel: "webhook", Body: body, Created: time.Now()}
}

// TestWebhook posts a note to a receiver, which finds it signed as the standard says. The second way to answer is an error.
func TestWebhook(t *testing.T) {
	status := http.StatusNoContent
	var got *http.Request
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer receiver.Close()
	w, err := notify.NewWebhook(notify.WebhookConfig{URL: receiver.URL + "/hook?token=canary-17", Secret: secret, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	n := note(t)
	if err := w.Tell(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", got.Header.Get("Webhook-Id"), got.Header.Get("Webhook-Timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.Header.Get("Webhook-Signature") != want || got.Header.Get("Webhook-Id") != n.ID || string(body) != string(n.Body) {
		t.Errorf("%v %s", got.Header, body)
	}
	for _, status = range []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusFound} {
		if err := w.Tell(t.Context(), n); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("status %d: %v", status, err)
		}
	}
	if got.URL.Path != "/hook" {
		t.Errorf("a redirect was followed to %s", got.URL.Path)
	}
}

// TestPrivate has addresses that are not on the internet: nothing is sent there unless it is allowed.
func TestPrivate(t *testing.T) {
	asked := false
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer receiver.Close()
	port := receiver.URL[strings.LastIndexByte(receiver.URL, ':'):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00::1]"} {
		w, err := notify.NewWebhook(notify.WebhookConfig{URL: "http://" + host + port, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := w.Tell(ctx, note(t)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", host, err)
		}
		cancel()
	}
	if asked {
		t.Error("the receiver was asked")
	}
}

// TestCheckURL looks at addresses that accounts name, without asking anybody.
func TestCheckURL(t *testing.T) {
	for address, want := range map[string]*fault.Code{
		"https://example.com/a%20b/*;v=1,(c)?x=%2f&y=!$'+@:[":  fault.WebhookURL,
		"https://example.com/a%20b/*;v=1,(c)?x=%2f&y=!$'+@:/?": nil,
		"https://example.com/a b":                              fault.WebhookURL,
		"https://example.com/é":                                fault.WebhookURL,
		"https://example.com/#top":                             fault.WebhookURL,
		"https://example.com?x=%f":                             fault.WebhookURL,
		"https://example.com/\"":                               fault.WebhookURL,
		"https://example.com/hook?a=b":                         nil, "http://93.184.216.34:8080/": nil, "https://[2606:2800:220:1::1]/": nil,
		"": fault.WebhookURL, "example.com": fault.WebhookURL, "ftp://example.com": fault.WebhookURL, "https://user:pass@example.com": fault.WebhookURL,
		"https://example.com*": fault.WebhookURL, "https://-example.com": fault.WebhookURL, "https://example..com": fault.WebhookURL,
		"https://example.com:": fault.WebhookURL, "https://example.com:123456": fault.WebhookURL, "https://example.com:8443/": nil,
		"https://xn--bcher-kva.xn--p1ai/": nil, "HTTPS://Example.COM.": nil, "https://a_b--c.example": nil,
		"https://[example]": fault.WebhookURL, "https://[fe80::1%25eth0]/": fault.WebhookURL,
		"https://:443/": fault.WebhookURL, "https://example.com/" + strings.Repeat("x", 2048): fault.WebhookURL,
		"http://localhost:1/": fault.WebhookPrivate, "http://LOCALHOST./": fault.WebhookPrivate, "http://a.localhost": fault.WebhookPrivate,
		"http://127.0.0.1": fault.WebhookPrivate, "http://10.1.2.3": fault.WebhookPrivate, "http://169.254.169.254/latest": fault.WebhookPrivate,
		"http://[::1]": fault.WebhookPrivate, "http://[::ffff:127.0.0.1]": fault.WebhookPrivate, "http://[64:ff9b::7f00:1]": fault.WebhookPrivate, "http://[fd00::1]": fault.WebhookPrivate,
	} {
		err := notify.CheckURL(address, false)
		if (err == nil) != (want == nil) || want != nil && !fault.Is(err, want) || err != nil && strings.Contains(err.Error(), "pass@") {
			t.Errorf("%s: %v", address, err)
		}
		if allowed := notify.CheckURL(address, true); (allowed == nil) != (want != fault.WebhookURL) {
			t.Errorf("%s, where private ones are allowed: %v", address, allowed)
		}
	}
	for _, address := range []string{"http://receiver:9000/hook", "http://example.1com"} { // names that only a private network has
		if err := notify.CheckURL(address, false); !fault.Is(err, fault.WebhookURL) {
			t.Errorf("%s: %v", address, err)
		}
		if err := notify.CheckURL(address, true); err != nil {
			t.Errorf("%s, where private ones are allowed: %v", address, err)
		}
	}
}

// TestReason says what the owner of a webhook may know of a try.
func TestReason(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer receiver.Close()
	for want, cfg := range map[string]notify.WebhookConfig{
		"status 418": {URL: receiver.URL, Secret: notify.NewSecret(), Private: true},
		"no answer":  {URL: receiver.URL, Secret: notify.NewSecret()},
	} {
		w, err := notify.NewWebhook(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got := notify.Reason(w.Tell(t.Context(), note(t))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := notify.Reason(nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []notify.WebhookConfig{
		{URL: "example.com", Secret: secret},
		{URL: "ftp://example.com", Secret: secret},
		{URL: "https://user:canary@example.com", Secret: secret},
		{URL: "https://example.com", Secret: "canary"},
		{URL: "https://example.com", Secret: "whsec_Y2FuYXJ5"},
		{URL: "https://example.com"},
	} {
		if _, err := notify.NewWebhook(c); !fault.Is(err, fault.ConfigField) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []notify.EmailConfig{
		{Server: "localhost", From: "a@example.com", To: "b@example.com"},
		{Server: "localhost:25", From: "a", To: "b@example.com"},
		{Server: "localhost:25", From: "a@example.com", To: "b@example.com", CA: "nothing.pem"},
		{Server: "localhost:25", From: "a@example.com", To: "b@example.com", CA: "notify_test.go"},
		{Server: "localhost:25", From: "a@example.com", To: "b@example.com\r\nBcc: c@example.com"},
	} {
		if _, err := notify.NewEmail(c); !fault.Is(err, fault.ConfigField) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// outbox is one with one note, which remembers what became of it.
type outbox struct {
	mu      sync.Mutex
	notes   []*job.Note // guarded by mu
	settled []bool      // guarded by mu; whether for good
	done    chan struct{}
}

func (o *outbox) Take(_ context.Context, _ time.Duration, taken ...string) (*job.Note, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, n := range o.notes {
		if !slices.Contains(taken, n.Way()) {
			o.notes = slices.Delete(o.notes, i, i+1)
			return n, nil
		}
	}
	return nil, nil
}

func (o *outbox) Settle(_ context.Context, _ string, next time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.settled = append(o.settled, next.IsZero()); len(o.notes) == 0 {
		close(o.done)
	}
	return nil
}

// channels are some by their names.
type channels map[string]notify.Channel

func (c channels) Channel(_ context.Context, n *job.Note) (notify.Channel, error) {
	return c[n.Channel], nil
}

type told func(*job.Note) error

func (f told) Tell(_ context.Context, n *job.Note) error { return f(n) }

// TestSender tells what can be told, tries again what can't, and gives up what is too old.
func TestSender(t *testing.T) {
	young, old, gone := note(t), note(t), note(t)
	old.Created = old.Created.Add(-25 * time.Hour)
	gone.Channel, gone.Account = "pigeon", "desk"
	box := &outbox{notes: []*job.Note{young, young, old, gone}, done: make(chan struct{})}
	fails := true
	announced := 0
	s := &notify.Sender{Outbox: box, Log: zerolog.Nop(), Announce: func(context.Context) error { announced++; return errors.New("not now") }, Channels: channels{"webhook": told(func(*job.Note) error {
		if fails = !fails; fails {
			return nil
		}
		return errors.New("nobody there")
	})}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	<-box.done
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	slices.SortFunc(box.settled, func(a, b bool) int { return cmp.Compare(strconv.FormatBool(a), strconv.FormatBool(b)) })
	if diff := gocmp.Diff([]bool{false, true, true, true}, box.settled); diff != "" || announced != 1 {
		t.Errorf("announced %d times\n%s", announced, diff)
	}
}

// TestSlowReceiver has an account whose receiver never answers, with many notes. Those of others don't wait, nor those that go another
// way, and the receiver is asked once at a time.
func TestSlowReceiver(t *testing.T) {
	box := &outbox{done: make(chan struct{})}
	add := func(account, channel string) {
		n := note(t)
		n.Account, n.Channel = account, channel
		box.notes = append(box.notes, n)
	}
	for range 1000 {
		add("shop", "slow")
	}
	add("shop", "quick")
	add("desk", "quick")
	var slow atomic.Int64
	got := make(chan string, 2)
	ctx, stop := context.WithCancel(t.Context())
	s := &notify.Sender{Outbox: box, Log: zerolog.Nop(), Channels: channels{
		"slow":  told(func(*job.Note) error { slow.Add(1); <-ctx.Done(); return ctx.Err() }),
		"quick": told(func(n *job.Note) error { got <- n.Account; return nil }),
	}}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for range 2 {
		<-got
	}
	if n := slow.Load(); n != 1 {
		t.Errorf("the slow receiver is asked %d times at once", n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func Example() {
	_, err := notify.NewWebhook(notify.WebhookConfig{URL: "https://example.com/hook", Secret: "too short"})
	fmt.Println(err)
	// Output: notify.webhook.secret: config.field: the secret is none of Standard Webhooks
}
