package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

var secretLike = regexp.MustCompile(`^whsec_[A-Za-z0-9+/]{43}=$`)

// TestWebhooks takes a webhook from its making, which alone shows the secret, to its deletion.
func TestWebhooks(t *testing.T) {
	dir := t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hooks, err := webhook.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, func(c *api.Config) { c.Webhooks, c.Memory = hooks, newMemory(t) })
	key := map[string]string{"Idempotency-Key": "k"}
	body := `{"url":"https://example.com/hook?token=x","events":["batch.failed","batch.completed","batch.failed"]}`
	r := send(t, server, http.MethodPost, "/v1/webhooks", key, body)
	var made struct {
		ID, URL, Secret string
		Events          []string
		CreatedAt       string `json:"created_at"`
	}
	if err := json.Unmarshal(r.body, &made); err != nil || r.StatusCode != http.StatusCreated {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	if !secretLike.MatchString(made.Secret) || made.URL != "https://example.com/hook?token=x" || strings.Join(made.Events, " ") != "batch.completed batch.failed" || made.CreatedAt == "" {
		t.Errorf("%+v", made)
	}
	if p := problemOf(t, send(t, server, http.MethodPost, "/v1/webhooks", key, body)); p.Code != "IDEM_SECRET_ONCE" || strings.Contains(p.Message, made.Secret) {
		t.Errorf("again: %+v", p)
	}
	if r := send(t, server, http.MethodGet, "/v1/webhooks", nil, ""); r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), made.ID) || strings.Contains(string(r.body), "whsec_") {
		t.Errorf("the list: status %d %s", r.StatusCode, r.body)
	}
	if err := hooks.Record(t.Context(), made.ID, "msg_1", "batch_1", "batch.failed", "status 500"); err != nil {
		t.Fatal(err)
	}
	path := "/v1/webhooks/" + made.ID
	if r := send(t, server, http.MethodGet, path+"/deliveries", nil, ""); r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), `"id":"msg_1","job_id":"batch_1","event":"batch.failed","tries":1,`) || !strings.Contains(string(r.body), `"error":"status 500"`) {
		t.Errorf("deliveries: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodDelete, path, nil, ""); r.StatusCode != http.StatusOK || string(r.body) != `{"id":"`+made.ID+`","deleted":true}`+"\n" {
		t.Errorf("delete: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodDelete, path, nil, ""); r.StatusCode != http.StatusNotFound || problemOf(t, r).Code != "WEBHOOK_UNKNOWN" {
		t.Errorf("delete again: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodGet, "/v1/webhooks", nil, ""); string(r.body) != "[]\n" {
		t.Errorf("the list: %s", r.body)
	}
	for body, code := range map[string]string{
		`{}`:                           "WEBHOOK_URL",
		`{"url":null}`:                 "WEBHOOK_URL",
		`{"url":1}`:                    "FIELD_TYPE",
		`{"url":"ftp://example.com"}`:  "WEBHOOK_URL",
		`{"url":"http://10.0.0.1/"}`:   "WEBHOOK_PRIVATE",
		`{"url":"http://localhost/"}`:  "WEBHOOK_PRIVATE",
		`{"ur":"https://example.com"}`: "BODY_UNKNOWN_KEY",
		`{"url":"https://example.com","events":["batch.started"]}`: "WEBHOOK_EVENTS",
		`{"url":"https://example.com","events":"batch.failed"}`:    "FIELD_TYPE",
	} {
		if r := send(t, server, http.MethodPost, "/v1/webhooks", nil, body); r.StatusCode != http.StatusBadRequest || problemOf(t, r).Code != code {
			t.Errorf("%s: status %d %s", body, r.StatusCode, r.body)
		}
	}
}

// TestTold makes jobs that name who is told of their end.
func TestTold(t *testing.T) {
	dir := t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store, err := job.NewStore(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	for _, mail := range []bool{false, true} {
		server := newServer(t, func(c *api.Config) {
			if c.Jobs = (&api.Jobs{Store: store}); mail {
				c.Notify.Email = &config.Email{From: "winnow@example.com", Server: "smtp.example.com:587", Domains: []string{"Example.com"}}
			}
		})
		for fields, code := range map[string]string{
			`"webhook_url":"https://example.com/hook"`: "",
			`"notify_email":"shop@example.com"`:        map[bool]string{false: "NOTIFY_EMAIL"}[mail],
			`"notify_email":"shop@sub.example.com"`:    "NOTIFY_EMAIL",
			`"notify_email":"Shop <shop@example.com>"`: "NOTIFY_EMAIL",
			`"notify_email":"a@b.c\r\nBcc: d@e.f"`:     "NOTIFY_EMAIL",
			`"notify_email":7`:                         "FIELD_TYPE",
			`"webhook_url":"http://127.0.0.1:1/"`:      "WEBHOOK_PRIVATE",
			`"webhook_url":"here"`:                     "WEBHOOK_URL",
		} {
			r := send(t, server, http.MethodPost, "/v1/batch", nil, `{"labels":["a","b"],`+fields+`}`)
			if code != "" {
				if r.StatusCode != http.StatusBadRequest || problemOf(t, r).Code != code {
					t.Errorf("%s: status %d %s", fields, r.StatusCode, r.body)
				}
				continue
			}
			var made struct {
				JobID         string `json:"job_id"`
				WebhookSecret string `json:"webhook_secret"`
			}
			if err := json.Unmarshal(r.body, &made); err != nil || r.StatusCode != http.StatusCreated {
				t.Fatalf("%s: status %d %s", fields, r.StatusCode, r.body)
			}
			if secretLike.MatchString(made.WebhookSecret) != strings.Contains(fields, "webhook_url") {
				t.Errorf("%s: the secret is %q", fields, made.WebhookSecret)
			}
			if r := send(t, server, http.MethodGet, "/v1/batch/"+made.JobID, nil, ""); strings.Contains(string(r.body), "example.com") || strings.Contains(string(r.body), "whsec") {
				t.Errorf("the status shows who is told: %s", r.body)
			}
		}
	}
}

// TestToldOfOthers makes jobs of the other kinds that name where their end is posted to: the secret is shown once.
func TestToldOfOthers(t *testing.T) {
	server, _ := newJobs(t, false, func(c *api.Config) {
		c.Memory = newMemory(t)
		c.Notify.Email = &config.Email{From: "winnow@example.com", Server: "smtp.example.com:587", Domains: []string{"example.com"}}
	})
	const hook = "https://example.com/hook"
	body := strings.Replace(fmt.Sprintf(batchBody, fileOf(t, server, nil, "{}\n")), "{", `{"webhook_url":"`+hook+`",`, 1)
	key := map[string]string{"Idempotency-Key": "one"}
	batch := asked(t, server, http.MethodPost, "/v1/batches", key, body)
	table := makeTable(t, server, nil, "model", "topics", "webhook_url", hook, "@file", "text\na\n")
	for path, made := range map[string]map[string]any{"/v1/batches/": batch, "/api/batch_jobs/": table} {
		if secret, _ := made["webhook_secret"].(string); !secretLike.MatchString(secret) {
			t.Errorf("%s: %v", path, made)
		}
		if shown := asked(t, server, http.MethodGet, path+made["id"].(string), nil, ""); shown["webhook_secret"] != nil {
			t.Errorf("%s: %v", path, shown)
		}
	}
	if again := asked(t, server, http.MethodPost, "/v1/batches", key, body); again["id"] != batch["id"] || again["webhook_secret"] != nil {
		t.Errorf("sent again: %v", again)
	}
	if r := send(t, server, http.MethodPost, "/v1/batches", nil, strings.Replace(body, "example.com", "10.0.0.1", 1)); r.StatusCode != http.StatusBadRequest || !strings.Contains(string(r.body), `"param":"webhook_url"`) {
		t.Errorf("status %d %s", r.StatusCode, r.body)
	}
	for _, refused := range [][3]string{{"webhook_url", "here", "WEBHOOK_URL"}, {"notify_email", "ann@other.example", "FORM_FIELD"}} {
		r := sendForm(t, server, "/api/batch_jobs/create", nil, "model", "topics", refused[0], refused[1], "@file", "text\na\n")
		if r.StatusCode != http.StatusBadRequest || problemOf(t, r).Code != refused[2] {
			t.Errorf("%s: status %d %s", refused[0], r.StatusCode, r.body)
		}
	}
	makeTable(t, server, nil, "model", "topics", "notify_email", "ann@example.com", "@file", "text\na\n")
}
