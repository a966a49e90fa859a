package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
)

// numbered are so many labels as JSON.
func numbered(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("label %d", i)
	}
	data, _ := json.Marshal(names)
	return string(data)
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// TestProblems has requests that can't be answered, each with status, code and message.
func TestProblems(t *testing.T) {
	server := newServer(t, func(c *api.Config) { c.Limits.Body, c.Limits.Texts, c.Limits.Tokens = 100_000, 3, 50 })
	text := func(config string) string { return `{"text":"it crashes",` + config + `}` }
	labels := func(labels string) string { return `{"text":"it crashes","labels":` + labels + `}` }
	const ab = `"labels":["a","b"]`
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		status                   int
		code, message            string
	}{
		{name: "unknown route", method: "GET", path: "/v1/clasify", status: 404, code: "ROUTE_UNKNOWN", message: "there is nothing at this path"},
		{name: "dots in a path", method: "GET", path: "/v1/../etc/passwd", status: 404, code: "ROUTE_UNKNOWN"},
		{name: "an encoded slash", method: "GET", path: "/v1%2f..%2fclassify", status: 404, code: "ROUTE_UNKNOWN"},
		{name: "NUL in a path", method: "GET", path: "/v1/%00", status: 404, code: "ROUTE_UNKNOWN"},
		{name: "a long path", method: "GET", path: "/" + strings.Repeat("x", 300), status: 404, code: "ROUTE_UNKNOWN"},
		{name: "wrong method", method: "GET", path: "/v1/classify", status: 405, code: "ROUTE_METHOD", message: "GET is not a method of this path"},
		{name: "TRACE", method: "TRACE", path: "/v1/classify", status: 405, code: "ROUTE_METHOD", message: "OTHER is not a method of this path"},
		{name: "no media type", body: text(ab), header: map[string]string{"Content-Type": ""}, status: 415, code: "BODY_TYPE", message: `the Content-Type is "", and this route takes application/json`},
		{name: "form", body: "text=a", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, code: "BODY_TYPE"},
		{name: "too large", body: labels(`["` + strings.Repeat("x", 100_000) + `"]`), status: 413, code: "BODY_TOO_LARGE", message: "the body has 100035 bytes, and 100000 are allowed"},
		{name: "gzip bomb", body: zipped(labels(`["` + strings.Repeat("x", 1_000_000) + `"]`)), header: map[string]string{"Content-Encoding": "gzip"}, status: 413, code: "BODY_INFLATED", message: "the body is larger than 100000 bytes once it is decompressed"},
		{name: "not gzip", body: text(ab), header: map[string]string{"Content-Encoding": "gzip"}, status: 400, code: "BODY_READ"},
		{name: "brotli", body: text(ab), header: map[string]string{"Content-Encoding": "br"}, status: 415, code: "BODY_ENCODING", message: `the Content-Encoding is "br"`},
		{name: "no body", status: 400, header: map[string]string{"Content-Type": "application/json"}, code: "BODY_JSON", message: "the body is empty"},
		{name: "not JSON", body: `{"text":"it" crashes"}`, status: 400, code: "BODY_JSON", message: "the body is not JSON at byte 13: invalid character 'c' after object value (expecting ',' or '}')"},
		{name: "cut", body: `{"text":"it cra`, status: 400, code: "BODY_JSON"},
		{name: "a list", body: `[1]`, status: 400, code: "BODY_JSON", message: "the body is a list, and not an object"},
		{name: "trailing", body: text(ab) + ` {}`, status: 400, code: "BODY_TRAILING", message: "something follows the JSON object at byte 41"},
		{name: "duplicate key", body: `{"text":"a",` + ab + `,"labels":["c"]}`, status: 400, code: "BODY_DUPLICATE_KEY", message: `the key "labels" is there twice`},
		{name: "duplicate inside", body: text(ab + `,"descriptions":{"a":"1","a":"2"}`), status: 400, code: "BODY_DUPLICATE_KEY", message: `the key "a" is there twice`},
		{name: "two names of a key", body: text(ab + `,"priority":"fast","speed":"fast"`), status: 400, code: "BODY_DUPLICATE_KEY", message: `"priority" is there under two names`},
		{name: "unknown key", body: text(`"lables":["a"]`), status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "lables" is not one that this route takes`},
		{name: "other case", body: text(`"LABELS":["a"]`), status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "LABELS" is not one that this route takes`},
		{name: "nesting", body: labels(strings.Repeat("[", 40) + strings.Repeat("]", 40)), status: 400, code: "BODY_DEPTH", message: "the JSON has more than 32 levels at byte 61"},
		{name: "NaN", path: "/v1/tag", body: text(ab + `,"threshold":NaN`), status: 400, code: "BODY_NUMBER"},
		{name: "1e400", path: "/v1/tag", body: text(ab + `,"threshold":1e400`), status: 400, code: "BODY_NUMBER", message: "threshold: the number is too large"},
		{name: "not UTF-8", body: "{\"text\":\"a\xffb\"," + ab + "}", status: 400, code: "BODY_UTF8", message: "the body is not valid UTF-8 at byte 10"},
		{name: "half a character", body: `{"text":"\ud800",` + ab + `}`, status: 400, code: "BODY_UTF8"},

		{name: "no labels", body: `{"text":"it crashes"}`, status: 400, code: "LABELS_REQUIRED", message: "there are neither labels nor a classifier"},
		{name: "labels and a classifier", body: text(ab + `,"classifier":"x"`), status: 400, code: "LABELS_OR_CLASSIFIER"},
		{name: "labels null", body: labels("null"), status: 400, code: "LABELS_REQUIRED"},
		{name: "labels empty", body: labels("[]"), status: 400, code: "LABELS_REQUIRED"},
		{name: "201 labels", body: labels(numbered(201)), status: 400, code: "LABELS_TOO_MANY", message: "201 labels, at most 200 are allowed"},
		{name: "blank label", body: labels(`["a","b","c"," "]`), status: 400, code: "LABELS_BLANK", message: "a label is empty or blank"},
		{name: "long label", body: labels(`["` + strings.Repeat("ä", 101) + `"]`), status: 400, code: "LABELS_TOO_LONG", message: "a label has 101 characters, at most 100 are allowed"},
		{name: "duplicate labels", body: labels(`["Bug"," bug "]`), status: 400, code: "LABELS_DUPLICATE", message: `labels[0] "Bug" and labels[1] " bug " are the same`},
		{name: "a number among labels", body: labels(`["a",1]`), status: 400, code: "FIELD_TYPE", message: "labels[1]: want a text, got a number"},
		{name: "labels are a text", body: labels(`"a"`), status: 400, code: "FIELD_TYPE", message: "labels: want a list, got a text"},
		{name: "control character", body: labels(`["a\u0007"]`), status: 400, code: "LABELS_CONTROL"},
		{name: "description of none", body: text(ab + `,"descriptions":{"A":"x"}`), status: 400, code: "DESCRIPTIONS_UNKNOWN_LABEL"},
		{name: "description is a list", body: text(ab + `,"descriptions":{"a":[]}`), status: 400, code: "FIELD_TYPE", message: "descriptions.a: want a text, got a list"},
		{name: "long description", body: text(ab + `,"descriptions":{"a":"` + strings.Repeat("x", 65537) + `"}`), status: 400, code: "FIELD_RANGE", message: "descriptions.a has 65537 bytes, and 65536 are allowed"},
		{name: "examples are a text", body: text(ab + `,"examples":{"a":"x"}`), status: 400, code: "FIELD_TYPE", message: "examples.a: want a list, got a text"},
		{name: "examples of none", body: text(ab + `,"examples":{"c":["x"]}`), status: 400, code: "EXAMPLES_INVALID"},
		{name: "empty example", body: text(ab + `,"examples":{"a":[""]}`), status: 400, code: "EXAMPLES_INVALID"},
		{name: "101 examples", body: text(ab + `,"examples":{"a":` + numbered(101) + `}`), status: 400, code: "EXAMPLES_INVALID"},
		{name: "threshold too large", path: "/v1/tag", body: text(ab + `,"threshold":1.1`), status: 400, code: "THRESHOLD_RANGE", message: "the threshold 1.1 is not from 0 to 1"},
		{name: "threshold negative", path: "/v1/tag", body: text(ab + `,"threshold":-0.1`), status: 400, code: "THRESHOLD_RANGE"},
		{name: "threshold is a text", path: "/v1/tag", body: text(ab + `,"threshold":"0.5"`), status: 400, code: "FIELD_TYPE", message: "threshold: want a number, got a text"},
		{name: "threshold of one label", body: text(ab + `,"threshold":0.5`), status: 400, code: "THRESHOLD_MODE"},
		{name: "unknown classifier", body: text(`"classifier":"nothing"`), status: 404, code: "CLASSIFIER_UNKNOWN"},
		{name: "unknown version", body: text(`"classifier":"sentiment@v9"`), status: 404, code: "CLASSIFIER_VERSION"},
		{name: "reference without version", body: text(`"classifier":"sentiment@"`), status: 400, code: "CLASSIFIER_REF"},
		{name: "reference without name", body: text(`"classifier":"@v2"`), status: 400, code: "CLASSIFIER_NAME"},
		{name: "classifier is a number", body: text(`"classifier":1`), status: 400, code: "FIELD_TYPE"},
		{name: "classifier with descriptions", body: text(`"classifier":"sentiment","descriptions":{"a":"b"}`), status: 400, code: "LABELS_OR_CLASSIFIER"},
		{name: "long source type", body: text(ab + `,"source_type":"` + strings.Repeat("x", 201) + `"`), status: 400, code: "SOURCE_TYPE_TOO_LONG", message: "source_type has 201 characters, and 200 are allowed"},

		{name: "no text", body: `{` + ab + `}`, status: 400, code: "INPUT_REQUIRED", message: "there is no text"},
		{name: "text null", body: `{"text":null,` + ab + `}`, status: 400, code: "INPUT_REQUIRED"},
		{name: "text empty", body: `{"text":"",` + ab + `}`, status: 400, code: "TEXT_BLANK", message: "the text is empty or blank"},
		{name: "text blank", body: `{"text":" \n\t",` + ab + `}`, status: 400, code: "TEXT_BLANK"},
		{name: "text too long", body: `{"text":"` + strings.Repeat("word ", 51) + `",` + ab + `}`, status: 413, code: "TEXT_TOO_LONG", message: "text 0 has 51 tokens, and 50 are allowed"},
		{name: "text is a number", body: `{"text":1,` + ab + `}`, status: 400, code: "FIELD_TYPE", message: "text: want a text, got a number"},
		{name: "21 images", body: text(ab + `,"image":` + numbered(21)), status: 400, code: "IMAGES_TOO_MANY", message: "there are 21 images, and 20 are allowed"},
		{name: "image is a number", body: text(ab + `,"image":1`), status: 400, code: "FIELD_TYPE"},
		{name: "an image", body: text(ab + `,"image":"aGk="`), status: 422, code: "INPUT_UNSUPPORTED"},
		{name: "a file", body: text(ab + `,"file":"https://example.com/a.pdf"`), status: 422, code: "INPUT_UNSUPPORTED"},
		{name: "speed", body: text(ab + `,"speed":"turbo"`), status: 400, code: "SPEED_UNKNOWN", message: "the priority is neither standard nor fast"},
		{name: "cache is a text", body: text(ab + `,"cache":"no"`), status: 400, code: "FIELD_TYPE", message: "cache: want true or false, got a text"},

		{name: "no texts", path: "/v1/classify/batch", body: `{` + ab + `}`, status: 400, code: "TEXTS_RANGE", message: "there are no texts"},
		{name: "texts empty", path: "/v1/classify/batch", body: `{"texts":[],` + ab + `}`, status: 400, code: "TEXTS_RANGE", message: "there are 0 texts, and from 1 to 3 are allowed"},
		{name: "too many texts", path: "/v1/tag/batch", body: `{"texts":["a","b","c","d"],` + ab + `}`, status: 400, code: "TEXTS_RANGE", message: "there are 4 texts, and from 1 to 3 are allowed"},
		{name: "a number among texts", path: "/v1/tag/batch", body: `{"texts":["a",2],` + ab + `}`, status: 400, code: "FIELD_TYPE", message: "texts[1]: want a text, got a number"},
		{name: "text in a batch form", path: "/v1/classify/batch", body: text(ab), status: 400, code: "BODY_UNKNOWN_KEY"},

		{name: "another host", body: text(ab), header: map[string]string{"Host": "evil.example"}, status: 421, code: "ORIGIN_HOST"},
		{name: "a foreign page", body: text(ab), header: map[string]string{"Origin": "https://evil.example"}, status: 403, code: "ORIGIN_FORBIDDEN"},
		{name: "across sites", body: text(ab), header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, code: "ORIGIN_FORBIDDEN"},
		{name: "through a proxy", body: text(ab), header: map[string]string{"X-Forwarded-For": "10.0.0.1"}, status: 403, code: "ORIGIN_FORBIDDEN", message: "the request comes through a proxy (X-Forwarded-For), and the server asks for no key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			method, path := c.method, c.path
			if method == "" {
				method = http.MethodPost
			}
			if path == "" {
				path = "/v1/classify"
			}
			r := send(t, server, method, path, c.header, c.body)
			p := problemOf(t, r)
			if strings.Contains(p.DocsURL, "evil") {
				t.Errorf("the address of the errors is one that the request chose: %s", p.DocsURL)
			}
			if r.StatusCode != c.status || p.Code != c.code || c.message != "" && p.Message != c.message {
				t.Errorf("status %d, want %d\n%s", r.StatusCode, c.status, r.body)
			}
		})
	}
}

// problemOf reads an error, which has the same shape whatever went wrong.
func problemOf(t *testing.T, r *reply) api.Problem {
	t.Helper()
	var p api.Problem
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%v: %s %s", err, r.Header.Get("Content-Type"), r.body)
	}
	if p.Detail != p.Message || p.Message == "" || p.RequestID != r.Header.Get("X-Request-ID") ||
		p.Error != strings.ToLower(strings.ReplaceAll(p.Code, "_", "-")) || p.Details.Fix == "" {
		t.Errorf("%s", r.body)
	}
	return p
}

// TestShape shows an error in full.
func TestShape(t *testing.T) {
	server := newServer(t, func(c *api.Config) { c.PublicURL = "https://winnow.example.com" })
	r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"a","labels":["","b","b"]}`)
	got := regexp.MustCompile(`req_[0-9a-f]{24}`).ReplaceAllString(string(r.body), "ID")
	const want = `{"detail":"a label is empty or blank","error":"labels-blank","code":"LABELS_BLANK","message":"a label is empty or blank",` +
		`"details":{"where":"labels[0]","fix":"remove it or give it a name"},"errors":[{"location":"labels[0]","message":"a label is empty or blank"},` +
		`{"location":"labels[2]","message":"labels[1] \"b\" and labels[2] \"b\" are the same"}],` +
		`"docs_url":"https://winnow.example.com/docs/errors#labels.blank","request_id":"ID"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzBody sends any body to every route that takes one: the answer is 200 or a client's error, never the server's.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"text":"it crashes","labels":["bug","praise"],"descriptions":{"bug":"x"},"examples":{"bug":["y"]},"threshold":0.5}`,
		`{"texts":["a"," ","\ud83d\ude00"],"labels":["a"],"cache":false,"image":[],"priority":"fast"}`,
		`{"text":"\u0000","classifier":"sentiment@v1"}`, `{"text":`, `{"labels":[[[[]]]]}`, `{"threshold":-1e999}`,
	} {
		f.Add([]byte(seed))
	}
	server := newServer(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/v1/classify", "/v1/tag", "/v1/classify/batch", "/v1/tag/batch"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			server.Config.Handler.ServeHTTP(w, r)
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: status %d\n%s", path, w.Code, w.Body)
			}
		}
	})
}
