package api_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
)

// signedForm is what a client makes of the fields that it was given, and what a server that verifies the whole form says.
type signedForm struct {
	name   string
	change func(fields map[string]string)
	file   string // default: a record
	status int
	code   string // S3's; empty where the upload is taken
}

// signedForms are the cases in which S3 and a strict server agree.
var signedForms = []signedForm{
	{name: "whole", status: http.StatusNoContent},
	{name: "with what is ignored", change: func(f map[string]string) { f["x-ignore-me"] = "x" }, status: http.StatusNoContent},
	{name: "with its bucket", change: func(f map[string]string) { f["bucket"] = bucketOf(f) }, status: http.StatusNoContent},
	{name: "only the key", change: func(f map[string]string) {
		maps.DeleteFunc(f, func(name, _ string) bool { return name != "key" })
	}, status: http.StatusForbidden, code: "AccessDenied"},
	{name: "key, policy and signature", change: func(f map[string]string) {
		maps.DeleteFunc(f, func(name, _ string) bool { return name != "key" && name != "policy" && name != "x-amz-signature" })
	}, status: http.StatusBadRequest, code: "InvalidArgument"},
	{name: "no date", change: func(f map[string]string) { delete(f, "x-amz-date") }, status: http.StatusBadRequest, code: "InvalidArgument"},
	{name: "no signature", change: func(f map[string]string) { delete(f, "x-amz-signature") }, status: http.StatusBadRequest, code: "InvalidArgument"},
	{name: "another key", change: func(f map[string]string) { f["key"] += "x" }, status: http.StatusForbidden},
	{name: "an uncovered field", change: func(f map[string]string) { f["acl"] = "public-read" }, status: http.StatusForbidden},
	{name: "another signature", change: func(f map[string]string) { f["x-amz-signature"] = strings.Repeat("0", 64) }, status: http.StatusForbidden, code: "SignatureDoesNotMatch"},
	{name: "another policy", change: func(f map[string]string) { f["policy"] = "e30=" }, status: http.StatusForbidden},
	{name: "an empty file", file: "-", status: http.StatusBadRequest, code: "EntityTooSmall"},
	{name: "too large a file", file: strings.Repeat("x", 10_001), status: http.StatusBadRequest, code: "EntityTooLarge"},
}

// bucketOf is the bucket that a form is for: what it says, or winnow's own name for the place of uploads.
func bucketOf(fields map[string]string) string {
	if b := fields["bucket"]; b != "" {
		return b
	}
	return "winnow"
}

// try posts the form of a case to the address that a job was given, and holds the answer to what is due.
func (c *signedForm) try(t *testing.T, m made, post func(fields [][2]string, file []byte) (status int, body []byte)) {
	t.Helper()
	fields := maps.Clone(m.UploadFields)
	if c.change != nil {
		c.change(fields)
	}
	var pairs [][2]string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		pairs = append(pairs, [2]string{name, fields[name]})
	}
	file := c.file
	switch file {
	case "":
		file = input
	case "-":
		file = ""
	}
	status, body := post(pairs, []byte(file))
	code := ""
	if found := regexp.MustCompile(`<Code>(\w+)</Code>`).FindSubmatch(body); found != nil {
		code = string(found[1])
	}
	// RFC 9110's status for what is too large says more than S3's 400.
	tooLarge := c.code == "EntityTooLarge" && status == http.StatusRequestEntityTooLarge
	if status != c.status && !tooLarge || c.code != "" && code != c.code {
		t.Errorf("status %d %s, want %d %s\n%s", status, code, c.status, c.code, body)
	}
}

// TestStrict takes whole forms only.
func TestStrict(t *testing.T) {
	server, _ := newJobs(t, false, func(c *api.Config) { c.Uploads.Strict, c.Limits.Upload = true, 10_000 })
	for _, c := range signedForms {
		t.Run(c.name, func(t *testing.T) {
			m := makeJob(t, server, nil, labelled)
			c.try(t, m, func(fields [][2]string, file []byte) (int, []byte) {
				r := upload(t, server, m.UploadURL, fields, file)
				return r.StatusCode, r.body
			})
		})
	}
	t.Run("another bucket", func(t *testing.T) { // which the S3 server of the tests doesn't look at
		m := makeJob(t, server, nil, labelled)
		fields := [][2]string{{"bucket", "elsewhere"}}
		for name, value := range m.UploadFields {
			fields = append(fields, [2]string{name, value})
		}
		if r := upload(t, server, m.UploadURL, fields, []byte(input)); r.StatusCode != http.StatusForbidden {
			t.Errorf("status %d %s", r.StatusCode, r.body)
		}
	})
	t.Run("a field behind the file", func(t *testing.T) { // means nothing, as with AWS
		m := makeJob(t, server, nil, labelled)
		fields := [][2]string{{"+acl", "public-read"}}
		for name, value := range m.UploadFields {
			fields = append(fields, [2]string{strings.ToUpper(name), value})
		}
		if r := upload(t, server, m.UploadURL, fields, []byte(input)); r.StatusCode != http.StatusNoContent {
			t.Errorf("status %d %s", r.StatusCode, r.body)
		}
	})
}
