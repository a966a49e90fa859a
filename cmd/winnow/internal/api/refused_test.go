package api_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/once"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// refused is a request that can't be answered.
type refused struct {
	n                  int // in the catalogue of bad requests; 0: it is in addition
	name               string
	on                 string // which server of the fixture; default open
	before             func(t *testing.T, f *fixture)
	method, path, body string
	header             map[string]string
	form               [][2]string // with file: an upload
	file               []byte
	more               int    // an upload whose Content-Length says so many bytes more than there are
	raw                string // the request as it goes over the wire, after which the client has nothing more to say
	status             int
	code, message      string // message: empty where another row of the code has it
}

// fixture are servers in the states that requests are refused in.
type fixture struct {
	servers map[string]*httptest.Server
	names   []string // pairs of a placeholder, and what stands for it in requests
	memory  *once.Store
	limits  string // address of a server with the limits of Run
}

func (f *fixture) fill(text string) string { return strings.NewReplacer(f.names...).Replace(text) }

// broken is a backend whose classifiers fail as the label set says: down, slow.
type broken struct{ wire.Classifiers }

func (broken) New(c *spec.Classify) (classify.Classifier, error) {
	return failing{c.Labels[0].Name}, nil
}

type failing struct{ how string }

func (failing) Info() classify.Info {
	return classify.Info{Version: "failing", Labels: []string{"a"}, Mode: classify.Single}
}

func (k failing) Classify(ctx context.Context, _ *array.String, _ *classify.Results) error {
	if k.how == "down" {
		return fault.New(fault.HTTPUnavailable, "connection refused")
	}
	<-ctx.Done()
	return ctx.Err()
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{servers: make(map[string]*httptest.Server)}
	small := func(c *api.Config) { c.Limits.Body, c.Limits.Texts, c.Limits.Tokens = 100_000, 3, 50 }
	f.servers["open"] = newServer(t, small, func(c *api.Config) { c.Usage = newUsage(t) })
	if r := send(t, f.servers["open"], http.MethodPost, "/v1/classifiers", nil, `{"name":"support","labels":["bug","praise","question"]}`); r.StatusCode != http.StatusCreated {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	keys := newKeys(t)
	f.servers["keys"], _ = newJobs(t, false, func(c *api.Config) { c.Keys = keys })
	old, stale, err := keys.Create(t.Context(), "shop", api.ScopeWrite, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Revoke(t.Context(), "shop", stale.ID); err != nil {
		t.Fatal(err)
	}
	f.name("{write}", newKey(t, keys, "shop", api.ScopeWrite), "{read}", newKey(t, keys, "shop", api.ScopeRead), "{revoked}", old)
	f.servers["rate"] = newServer(t, func(c *api.Config) {
		c.Rate, c.Now = &config.Rate{Requests: 1}, func() time.Time { return time.Unix(1_800_000_000, 0) }
	})
	f.servers["draining"] = newServer(t)
	f.servers["draining"].Config.Handler.(*api.Server).Drain()
	f.servers["broken"] = newServer(t, func(c *api.Config) { c.Backend, c.Limits.Answer = broken{}, unit.Duration(50*time.Millisecond) })
	f.newJobs(t)
	f.limits = running(t)
	return f
}

func (f *fixture) name(pairs ...string) { f.names = append(f.names, pairs...) }

// newJobs makes a server with jobs in every state but those of the end, and one with these.
func (f *fixture) newJobs(t *testing.T) {
	t.Helper()
	f.memory = newMemory(t)
	remember := func(c *api.Config) { c.Memory, c.Limits.Upload = f.memory, 10_000 }
	waiting, _ := newJobs(t, false, remember)
	f.servers["jobs"] = waiting
	for name, data := range map[string]string{
		"pending": "", "uploaded": input, "processing": input,
		"sheet": "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00", "utf16": "\xff\xfe{\x00\"\x00", "list": "[{\"text\": \"a\"},\n{\"text\": \"b\"}]\n",
		"blank": " \n\r\n", "cr": "{\"text\": \"a\"}\r{\"text\": \"b\"}\r",
	} {
		m := makeJob(t, waiting, nil, labelled)
		f.name("{"+name+"}", m.JobID, "{"+name+" key}", m.InputKey, "{"+name+" upload}", strings.TrimPrefix(m.UploadURL, waiting.URL), "{"+name+" policy}", m.UploadFields["policy"])
		if data != "" {
			f.upload(t, waiting, m, data)
		}
	}
	send(t, waiting, http.MethodPost, f.fill("/v1/batch/{processing}/start"), nil, "")
	ran, store := newJobsWithStore(t)
	f.servers["ran"] = ran
	for name, data := range map[string]string{"completed": input, "failed": "x\n"} {
		m := makeJob(t, ran, nil, labelled)
		f.name("{"+name+"}", m.JobID)
		f.upload(t, ran, m, data)
		send(t, ran, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, "")
		finished(t, ran, m.JobID)
	}
	f.name("{table}", makeTable(t, waiting, nil, "model", "topics", "@file", "text\na\n")["id"].(string))
	failed := makeTable(t, ran, nil, "model", "topics", "@file", "text,b\na\n")["id"].(string)
	f.name("{failed table}", failed)
	finished(t, ran, failed)
	f.name("{expired}", makeJob(t, ran, nil, labelled).JobID)
	if err := store.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// newJobsWithStore is a server that runs jobs, with the store of these.
func newJobsWithStore(t *testing.T) (*httptest.Server, *job.Store) {
	t.Helper()
	dir := t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	blobs, err := blob.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := job.NewStore(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return newJobsOn(t, db, blobs, true), store
}

func (f *fixture) upload(t *testing.T, server *httptest.Server, m made, data string) {
	t.Helper()
	if r := upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(data)); r.StatusCode != http.StatusNoContent {
		t.Fatalf("upload: status %d %s", r.StatusCode, r.body)
	}
}

// running is the address of a server as winnow serve runs it, with the limits of its connections.
func running(t *testing.T) string {
	t.Helper()
	s, err := api.New(api.Config{Server: *config.Default(), Loopback: true, Backend: wire.Classifiers{}, Catalogs: wire.Catalogs{Dir: t.TempDir()}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// exchange sends bytes and reads the answer to them.
func exchange(t *testing.T, address, request string) *reply {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return &reply{r, data}
}

// lying is a form of a key and a file as it goes over the wire, whose header says so many bytes more than there are.
func lying(path, key string, more int) string {
	body := "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n" + key + "\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n{\"text\":\"a\"}\n\r\n--b--\r\n"
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s", path, len(body)+more, body)
}

// twice is a request as it goes over the wire, with some headers more than it needs.
func twice(header string) string {
	return fmt.Sprintf("POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%s\r\nContent-Length: %d\r\n\r\n%s", header, len(question), question)
}

// TestRefused has every kind of request that can't be answered, each with status, code and message: never 500.
func TestRefused(t *testing.T) {
	f := newFixture(t)
	text := func(config string) string { return `{"text":"it crashes",` + config + `}` }
	labels := func(labels string) string { return `{"text":"it crashes","labels":` + labels + `}` }
	bearer := func(key string) map[string]string { return map[string]string{"Authorization": "Bearer " + key} }
	idem := func(key string) map[string]string { return map[string]string{"Idempotency-Key": key} }
	const ab = `"labels":["a","b"]`
	pending := [][2]string{{"key", "{pending key}"}}
	some := []byte("{\"text\":\"a\"}\n")
	sum := sha256.Sum256([]byte("another file"))
	const tables = "/api/batch_jobs/create"
	rows := []byte("id,subject,body,stars\n1,parcel,it is late,3\n2,bank,it failed,1\n")
	seen := make(map[int]bool)
	for _, c := range []refused{
		{n: 1, name: "no key", on: "keys", body: text(ab), status: 401, code: "AUTH_MISSING", message: "the request has no key"},
		{n: 2, name: "another scheme", on: "keys", body: text(ab), header: map[string]string{"Authorization": "Basic eDp5"}, status: 401, code: "AUTH_SCHEME", message: "the header Authorization is not of the scheme Bearer"},
		{n: 3, name: "an altered key", on: "keys", body: text(ab), header: bearer("{read}x"), status: 401, code: "AUTH_INVALID", message: "the key is not valid"},
		{n: 4, name: "a revoked key", on: "keys", body: text(ab), header: bearer("{revoked}"), status: 401, code: "AUTH_INVALID", message: "the key is not valid"},
		{n: 5, name: "a key in the query", on: "keys", path: "/v1/classify?api_key={read}", body: text(ab), status: 401, code: "AUTH_IN_QUERY", message: "a key stands in the URL"},
		{n: 6, name: "a key that may read makes a job", on: "keys", path: "/v1/batch", body: `{` + ab + `}`, header: bearer("{read}"), status: 403, code: "AUTH_SCOPE", message: "the key's scope is read, and this route needs write"},
		{n: 19, name: "over the rate", on: "rate", body: text(ab), before: func(t *testing.T, f *fixture) {
			send(t, f.servers["rate"], http.MethodPost, "/v1/classify", nil, text(ab))
		}, status: 429, code: "RATE_EXCEEDED", message: "the key has made the 1 requests that it may make in a minute"},
		{n: 22, name: "a long idempotency key", on: "jobs", path: "/v1/batch", body: `{` + ab + `}`, header: idem(strings.Repeat("x", 256)), status: 400, code: "IDEM_KEY", message: "the Idempotency-Key is not one text of 1 to 255 printable characters"},
		{n: 22, name: "an empty idempotency key", on: "jobs", path: "/v1/batch", body: `{` + ab + `}`, header: idem(""), status: 400, code: "IDEM_KEY"},
		{n: 22, name: "a tab in an idempotency key", on: "jobs", path: "/v1/batch", body: `{` + ab + `}`, header: idem("a\tb"), status: 400, code: "IDEM_KEY"},
		{n: 23, name: "an idempotency key with another body", on: "jobs", path: "/v1/batch", body: `{"labels":["c"]}`, header: idem("first"), before: func(t *testing.T, f *fixture) {
			makeJob(t, f.servers["jobs"], idem("first"), labelled)
		}, status: 422, code: "IDEM_MISMATCH", message: "the Idempotency-Key came with another body before"},
		{n: 24, name: "an idempotency key at work", on: "jobs", path: "/v1/batch", body: labelled, header: idem("second"), before: func(t *testing.T, f *fixture) {
			r := api.Repeatable{Account: "local", Method: http.MethodPost, Path: "/v1/batch", Key: "second", Body: sha256.Sum256([]byte(labelled))}
			if _, err := f.memory.Begin(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}, status: 409, code: "IDEM_IN_PROGRESS", message: "a request with this Idempotency-Key is being answered"},
		{n: 25, name: "a server that shuts down", on: "draining", body: text(ab), status: 503, code: "SERVER_DRAINING", message: "the server is shutting down"},
		{n: 28, name: "huge headers", on: "limits", raw: "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 80_000) + "\r\n\r\n", status: 431},
		{n: 7, name: "unknown route", method: "GET", path: "/v1/clasify", status: 404, code: "ROUTE_UNKNOWN", message: "there is nothing at this path"},
		{n: 27, name: "dots in a path", method: "GET", path: "/v1/../etc/passwd", status: 404, code: "ROUTE_UNKNOWN", message: "there is nothing at this path"},
		{n: 27, name: "an encoded slash", method: "GET", path: "/v1%2f..%2fclassify", status: 404, code: "ROUTE_UNKNOWN"},
		{n: 27, name: "NUL in a path", method: "GET", path: "/v1/%00", status: 404, code: "ROUTE_UNKNOWN"},
		{n: 27, name: "a long path", method: "GET", path: "/" + strings.Repeat("x", 300), status: 404, code: "ROUTE_UNKNOWN"},
		{n: 8, name: "wrong method", method: "GET", path: "/v1/classify", status: 405, code: "ROUTE_METHOD", message: "GET is not a method of this path"},
		{n: 26, name: "TRACE", method: "TRACE", path: "/v1/classify", status: 405, code: "ROUTE_METHOD", message: "OTHER is not a method of this path"},
		{n: 9, name: "no media type", body: text(ab), header: map[string]string{"Content-Type": ""}, status: 415, code: "BODY_TYPE", message: `the Content-Type is "", and this route takes application/json`},
		{n: 9, name: "form", body: "text=a", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, code: "BODY_TYPE"},
		{n: 10, name: "too large", body: labels(`["` + strings.Repeat("x", 100_000) + `"]`), status: 413, code: "BODY_TOO_LARGE", message: "the body has 100035 bytes, and 100000 are allowed"},
		{n: 20, name: "gzip bomb", body: zipped(labels(`["` + strings.Repeat("x", 1_000_000) + `"]`)), header: map[string]string{"Content-Encoding": "gzip"}, status: 413, code: "BODY_INFLATED", message: "the body is larger than 100000 bytes once it is decompressed"},
		{name: "not gzip", body: text(ab), header: map[string]string{"Content-Encoding": "gzip"}, status: 400, code: "BODY_READ"},
		{n: 21, name: "brotli", body: text(ab), header: map[string]string{"Content-Encoding": "br"}, status: 415, code: "BODY_ENCODING", message: `the Content-Encoding is "br"`},
		{name: "two media types", on: "limits", raw: twice("Content-Type: text/plain"), status: 400, code: "HEADER_TWICE", message: "the header Content-Type is there twice"},
		{name: "two encodings", on: "limits", raw: twice("Content-Encoding: identity\r\nContent-Encoding: gzip"), status: 400, code: "HEADER_TWICE", message: "the header Content-Encoding is there twice"},
		{name: "two keys", on: "limits", raw: twice("Authorization: Bearer a\r\nAuthorization: Bearer b"), status: 400, code: "HEADER_TWICE", message: "the header Authorization is there twice"},
		{name: "every path", on: "limits", raw: "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", status: 404, code: "ROUTE_UNKNOWN"},
		{name: "a query with half an escape", on: "jobs", method: "GET", path: "/v1/batch?limit=%zz", status: 400, code: "QUERY_SYNTAX", message: `the query can't be read: invalid URL escape "%zz"`},
		{name: "a query with semicolons", on: "jobs", method: "GET", path: "/v1/batch?limit=1;after=x", status: 400, code: "QUERY_SYNTAX", message: "the query can't be read: invalid semicolon separator in query"},
		{name: "a parameter twice", on: "jobs", method: "GET", path: "/v1/batch?limit=1&limit=2", status: 400, code: "QUERY_SYNTAX", message: "limit is there twice"},
		{name: "no body", status: 400, header: map[string]string{"Content-Type": "application/json"}, code: "BODY_JSON", message: "the body is empty"},
		{n: 11, name: "not JSON", body: `{"text":"it" crashes"}`, status: 400, code: "BODY_JSON", message: "the body is not JSON at byte 13: invalid character 'c' after object value (expecting ',' or '}')"},
		{n: 11, name: "cut", body: `{"text":"it cra`, status: 400, code: "BODY_JSON"},
		{n: 11, name: "a list", body: `[1]`, status: 400, code: "BODY_JSON", message: "the body is a list, and not an object"},
		{n: 12, name: "trailing", body: text(ab) + ` {}`, status: 400, code: "BODY_TRAILING", message: "something follows the JSON object at byte 41"},
		{n: 13, name: "duplicate key", body: `{"text":"a",` + ab + `,"labels":["c"]}`, status: 400, code: "BODY_DUPLICATE_KEY", message: `the key "labels" is there twice`},
		{n: 13, name: "duplicate inside", body: text(ab + `,"descriptions":{"a":"1","a":"2"}`), status: 400, code: "BODY_DUPLICATE_KEY", message: `the key "a" is there twice`},
		{name: "two names of a key", body: text(ab + `,"priority":"fast","speed":"fast"`), status: 400, code: "BODY_DUPLICATE_KEY", message: `"priority" is there under two names`},
		{n: 14, name: "unknown key", body: text(`"lables":["a"]`), status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "lables" is not one that this route takes`},
		{n: 15, name: "other case", body: text(`"LABELS":["a"]`), status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "LABELS" is not one that this route takes`},
		{n: 16, name: "nesting", body: labels(strings.Repeat("[", 40) + strings.Repeat("]", 40)), status: 400, code: "BODY_DEPTH", message: "the JSON has more than 32 levels at byte 61"},
		{name: "very many keys", body: text(ab + `,"descriptions":{` + pairs(1000) + `}`), status: 400, code: "BODY_KEYS", message: "the JSON has more than 1000 keys at byte 10919"},
		{n: 17, name: "NaN", path: "/v1/tag", body: text(ab + `,"threshold":NaN`), status: 400, code: "BODY_NUMBER"},
		{n: 17, name: "1e400", path: "/v1/tag", body: text(ab + `,"threshold":1e400`), status: 400, code: "BODY_NUMBER", message: "threshold: the number is too large"},
		{n: 18, name: "not UTF-8", body: "{\"text\":\"a\xffb\"," + ab + "}", status: 400, code: "BODY_UTF8", message: "the body is not valid UTF-8 at byte 10"},
		{n: 18, name: "half a character", body: `{"text":"\ud800",` + ab + `}`, status: 400, code: "BODY_UTF8"},
		{n: 29, name: "no labels", body: `{"text":"it crashes"}`, status: 400, code: "LABELS_REQUIRED", message: "there are neither labels nor a classifier"},
		{n: 30, name: "labels that the classifier does not have", body: text(ab + `,"classifier":"support"`), status: 400, code: "LABELS_UNKNOWN", message: "labels[0] is none of support@v1"},
		{n: 30, name: "a label of the classifier twice", body: text(`"labels":["bug","bug"],"classifier":"support"`), status: 400, code: "LABELS_DUPLICATE", message: "labels[1] is there twice"},
		{n: 30, name: "a classifier of another mode", path: "/v1/tag", body: text(`"classifier":"support"`), status: 400, code: "CLASSIFIER_OPTION", message: "support@v1 was saved in mode single, and multi is asked for"},
		{n: 31, name: "labels null", body: labels("null"), status: 400, code: "LABELS_REQUIRED", message: "there are neither labels nor a classifier"},
		{n: 31, name: "labels empty", body: labels("[]"), status: 400, code: "LABELS_REQUIRED"},
		{n: 32, name: "201 labels", body: labels(numbered(201)), status: 400, code: "LABELS_TOO_MANY", message: "201 labels, at most 200 are allowed"},
		{n: 33, name: "blank label", body: labels(`["a","b","c"," "]`), status: 400, code: "LABELS_BLANK", message: "a label is empty or blank"},
		{n: 34, name: "long label", body: labels(`["` + strings.Repeat("ä", 101) + `"]`), status: 400, code: "LABELS_TOO_LONG", message: "a label has 101 characters, at most 100 are allowed"},
		{n: 35, name: "duplicate labels", body: labels(`["Bug"," bug "]`), status: 400, code: "LABELS_DUPLICATE", message: `labels[0] "Bug" and labels[1] " bug " are the same`},
		{n: 36, name: "a number among labels", body: labels(`["a",1]`), status: 400, code: "FIELD_TYPE", message: "labels[1]: want a text, got a number"},
		{n: 36, name: "labels are a text", body: labels(`"a"`), status: 400, code: "FIELD_TYPE", message: "labels: want a list, got a text"},
		{n: 37, name: "control character", body: labels(`["a\u0007"]`), status: 400, code: "LABELS_CONTROL", message: "the label \"a\\a\" contains the control character U+0007"},
		{n: 39, name: "description of none", body: text(ab + `,"descriptions":{"A":"x"}`), status: 400, code: "DESCRIPTIONS_UNKNOWN_LABEL", message: `a description for "A", which is not one of the labels`},
		{n: 40, name: "description is a list", body: text(ab + `,"descriptions":{"a":[]}`), status: 400, code: "FIELD_TYPE", message: "descriptions.a: want a text, got a list"},
		{n: 40, name: "long description", body: text(ab + `,"descriptions":{"a":"` + strings.Repeat("x", 65537) + `"}`), status: 400, code: "FIELD_RANGE", message: "descriptions.a has 65537 bytes, and 65536 are allowed"},
		{n: 41, name: "examples are a text", body: text(ab + `,"examples":{"a":"x"}`), status: 400, code: "FIELD_TYPE", message: "examples.a: want a list, got a text"},
		{n: 41, name: "examples of none", body: text(ab + `,"examples":{"c":["x"]}`), status: 400, code: "EXAMPLES_INVALID"},
		{n: 41, name: "empty example", body: text(ab + `,"examples":{"a":[""]}`), status: 400, code: "EXAMPLES_INVALID"},
		{n: 41, name: "101 examples", body: text(ab + `,"examples":{"a":` + numbered(101) + `}`), status: 400, code: "EXAMPLES_INVALID"},
		{n: 43, name: "threshold too large", path: "/v1/tag", body: text(ab + `,"threshold":1.1`), status: 400, code: "THRESHOLD_RANGE", message: "the threshold 1.1 is not from 0 to 1"},
		{n: 43, name: "threshold negative", path: "/v1/tag", body: text(ab + `,"threshold":-0.1`), status: 400, code: "THRESHOLD_RANGE"},
		{n: 43, name: "threshold is a text", path: "/v1/tag", body: text(ab + `,"threshold":"0.5"`), status: 400, code: "FIELD_TYPE", message: "threshold: want a number, got a text"},
		{n: 44, name: "threshold of one label", body: text(ab + `,"threshold":0.5`), status: 400, code: "THRESHOLD_MODE"},
		{n: 46, name: "unknown classifier", body: text(`"classifier":"nothing"`), status: 404, code: "CLASSIFIER_UNKNOWN", message: `there is no saved classifier "nothing"`},
		{n: 47, name: "unknown version", body: text(`"classifier":"sentiment@v9"`), status: 404, code: "CLASSIFIER_VERSION", message: "there is no sentiment@v9; sentiment is built in, and its newest version is v1"},
		{n: 48, name: "reference without version", body: text(`"classifier":"sentiment@"`), status: 400, code: "CLASSIFIER_REF", message: `"sentiment@": nothing follows the @`},
		{n: 48, name: "reference without name", body: text(`"classifier":"@v2"`), status: 400, code: "CLASSIFIER_NAME"},
		{name: "classifier is a number", body: text(`"classifier":1`), status: 400, code: "FIELD_TYPE"},
		{name: "classifier with descriptions", body: text(`"classifier":"sentiment","descriptions":{"a":"b"}`), status: 400, code: "LABELS_OR_CLASSIFIER"},
		{n: 50, name: "long source type", body: text(ab + `,"source_type":"` + strings.Repeat("x", 201) + `"`), status: 400, code: "SOURCE_TYPE_TOO_LONG", message: "source_type has 201 characters, and 200 are allowed"},
		{n: 52, name: "a model, which other routes take", body: text(ab + `,"model":"gpt"`), status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "model" is not one that this route takes`},
		{n: 53, name: "no text", body: `{` + ab + `}`, status: 400, code: "INPUT_REQUIRED", message: "there is no text"},
		{name: "text null", body: `{"text":null,` + ab + `}`, status: 400, code: "INPUT_REQUIRED"},
		{n: 54, name: "text empty", body: `{"text":"",` + ab + `}`, status: 400, code: "TEXT_BLANK", message: "the text is empty or blank"},
		{n: 54, name: "text blank", body: `{"text":" \n\t",` + ab + `}`, status: 400, code: "TEXT_BLANK"},
		{n: 55, name: "text too long", body: `{"text":"` + strings.Repeat("word ", 51) + `",` + ab + `}`, status: 413, code: "TEXT_TOO_LONG", message: "text 0 has 51 tokens, and 50 are allowed"},
		{n: 56, name: "text is a number", body: `{"text":1,` + ab + `}`, status: 400, code: "FIELD_TYPE", message: "text: want a text, got a number"},
		{n: 57, name: "21 images", body: text(ab + `,"image":` + numbered(21)), status: 400, code: "IMAGES_TOO_MANY", message: "there are 21 images, and 20 are allowed"},
		{name: "image is a number", body: text(ab + `,"image":1`), status: 400, code: "FIELD_TYPE"},
		{n: 58, name: "an image of FTP", body: text(ab + `,"image":"ftp://example.com/a.png"`), status: 400, code: "URL_SCHEME", message: "the address in image[0] is neither http nor https"},
		{n: 58, name: "an image of this machine's", body: text(ab + `,"image":["https://example.com/a.png","file:///etc/passwd"]`), status: 400, code: "URL_SCHEME", message: "the address in image[1] is neither http nor https"},
		{n: 58, name: "a script for an image", body: text(ab + `,"image":"JavaScript:alert(1)"`), status: 400, code: "URL_SCHEME"},
		{n: 58, name: "an address without a host", body: text(ab + `,"file":"http:///a.pdf"`), status: 400, code: "URL_SCHEME", message: "file is no address"},
		{n: 59, name: "an image of a private address, which nobody asks", body: text(ab + `,"image":"http://169.254.169.254/latest"`), status: 422, code: "INPUT_UNSUPPORTED", message: "the server's classifiers read text, and neither images nor files"},
		{n: 60, name: "an image that is away, which nobody asks", body: text(ab + `,"image":"https://192.0.2.1/404.png"`), status: 422, code: "INPUT_UNSUPPORTED", message: "the server's classifiers read text, and neither images nor files"},
		{n: 61, name: "broken base64", body: text(ab + `,"image":"iVBOR!w0KGgo="`), status: 400, code: "FIELD_BASE64", message: "image[0] is neither an address nor base64: it is broken at character 5"},
		{n: 61, name: "base64 without its padding", body: text(ab + `,"file":"JVBERi0xLg"`), status: 400, code: "FIELD_BASE64"},
		{n: 62, name: "a text for an image", body: text(ab + `,"image":"aGk="`), status: 415, code: "IMAGE_TYPE", message: "it is no image: its content is text/plain; charset=utf-8"},
		{n: 62, name: "a text that is said to be an image", body: text(ab + `,"image":"data:image/png;base64,aGk="`), status: 415, code: "IMAGE_TYPE"},
		{n: 62, name: "the begin of an image", body: text(ab + `,"image":"iVBORw0KGgo="`), status: 415, code: "IMAGE_TYPE", message: "it is no whole image: unexpected EOF"},
		{n: 63, name: "an image of 60,000 × 60,000 pixels", body: text(ab + `,"image":"` + gif(60_000) + `"`), status: 413, code: "IMAGE_PIXELS", message: "the image has 60000 × 60000 pixels, and 100000000 are allowed"},
		{name: "an image", body: text(ab + `,"image":"` + gif(10) + `"`), status: 422, code: "INPUT_UNSUPPORTED"},
		{n: 64, name: "an encrypted PDF, which nobody opens", body: text(ab + `,"file":"` + pdf("trailer << /Encrypt 1 0 R >>") + `"`), status: 422, code: "INPUT_UNSUPPORTED", message: "the server's classifiers read text, and neither images nor files"},
		{n: 65, name: "a PDF of 21 pages, which nobody opens", body: text(ab + `,"file":"` + pdf("<< /Type /Pages /Count 21 >>") + `"`), status: 422, code: "INPUT_UNSUPPORTED", message: "the server's classifiers read text, and neither images nor files"},
		{n: 66, name: "a PDF without text, which nobody opens", body: text(ab + `,"file":"` + pdf("") + `"`), status: 422, code: "INPUT_UNSUPPORTED", message: "the server's classifiers read text, and neither images nor files"},
		{n: 67, name: "a damaged DOCX, which nobody opens", body: text(ab + `,"file":"` + base64.StdEncoding.EncodeToString([]byte("PK\x03\x04 cut")) + `"`), status: 422, code: "INPUT_UNSUPPORTED", message: "the server's classifiers read text, and neither images nor files"},
		{n: 68, name: "an old document", body: text(ab + `,"file":"` + base64.StdEncoding.EncodeToString([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) + `"`), status: 415, code: "DOCUMENT_TYPE", message: "it is a document of Word's before 2007"},
		{n: 68, name: "a text for a file", body: text(ab + `,"file":"aGk="`), status: 415, code: "DOCUMENT_TYPE", message: "it is neither PDF nor DOCX: its content is text/plain; charset=utf-8"},
		{name: "a file", body: text(ab + `,"file":"https://example.com/a.pdf"`), status: 422, code: "INPUT_UNSUPPORTED"},
		{n: 69, name: "speed", body: text(ab + `,"speed":"turbo"`), status: 400, code: "SPEED_UNKNOWN", message: "the priority is neither standard nor fast"},
		{n: 70, name: "cache is a text", body: text(ab + `,"cache":"no"`), status: 400, code: "FIELD_TYPE", message: "cache: want true or false, got a text"},
		{name: "no texts", path: "/v1/classify/batch", body: `{` + ab + `}`, status: 400, code: "TEXTS_RANGE", message: "there are no texts"},
		{name: "texts empty", path: "/v1/classify/batch", body: `{"texts":[],` + ab + `}`, status: 400, code: "TEXTS_RANGE", message: "there are 0 texts, and from 1 to 3 are allowed"},
		{name: "too many texts", path: "/v1/tag/batch", body: `{"texts":["a","b","c","d"],` + ab + `}`, status: 400, code: "TEXTS_RANGE", message: "there are 4 texts, and from 1 to 3 are allowed"},
		{name: "a number among texts", path: "/v1/tag/batch", body: `{"texts":["a",2],` + ab + `}`, status: 400, code: "FIELD_TYPE", message: "texts[1]: want a text, got a number"},
		{name: "text in a batch form", path: "/v1/classify/batch", body: text(ab), status: 400, code: "BODY_UNKNOWN_KEY"},
		{name: "another host", body: text(ab), header: map[string]string{"Host": "evil.example"}, status: 421, code: "ORIGIN_HOST"},
		{name: "a foreign page", body: text(ab), header: map[string]string{"Origin": "https://evil.example"}, status: 403, code: "ORIGIN_FORBIDDEN"},
		{name: "across sites", body: text(ab), header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, code: "ORIGIN_FORBIDDEN"},
		{name: "through a proxy", body: text(ab), header: map[string]string{"X-Forwarded-For": "10.0.0.1"}, status: 403, code: "ORIGIN_FORBIDDEN", message: "the request comes through a proxy (X-Forwarded-For), and the server asks for no key"},
		{n: 49, name: "another account's classifier", body: text(`"classifier":"desk-only"`), status: 404, code: "CLASSIFIER_UNKNOWN", message: `there is no saved classifier "desk-only"`},
		{n: 51, name: "a text for a job", on: "jobs", path: "/v1/batch", body: `{"labels":["a"],"text":"x"}`, status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "text" is not one that this route takes`},
		{n: 42, name: "mode", on: "jobs", path: "/v1/batch", body: `{"labels":["a"],"mode":"Multi"}`, status: 400, code: "MODE_UNKNOWN", message: "the mode is neither single nor multi"},
		{n: 44, name: "a threshold for a job in mode single", on: "jobs", path: "/v1/batch", body: `{"labels":["a"],"threshold":0.5}`, status: 400, code: "THRESHOLD_MODE", message: "a threshold has no meaning in mode single"},
		{n: 43, name: "a threshold for a job", on: "jobs", path: "/v1/batch", body: `{"labels":["a"],"mode":"multi","threshold":2}`, status: 400, code: "THRESHOLD_RANGE"},
		{name: "a job without labels", on: "jobs", path: "/v1/batch", body: `{}`, status: 400, code: "LABELS_REQUIRED"},
		{name: "a job by an unknown classifier", on: "jobs", path: "/v1/batch", body: `{"classifier":"nothing"}`, status: 404, code: "CLASSIFIER_UNKNOWN"},
		{n: 71, name: "the classifier is down", on: "broken", body: labels(`["down"]`), status: 503, code: "CLASSIFIER_UNAVAILABLE", message: "the classifier can't be asked now"},
		{n: 72, name: "the classifier is slow", on: "broken", body: labels(`["slow"]`), status: 504, code: "CLASSIFIER_TIMEOUT", message: "the classifier did not answer within 50ms"},

		{n: 73, name: "an unknown ticket", on: "jobs", path: "/_blob/u/AAAAAAAAAAAAAAAAAAAAAA", form: pending, file: some, status: 403, code: "upload.signature", message: "the upload's address is not valid"},
		{n: 75, name: "another job's key", on: "jobs", path: "{pending upload}", form: [][2]string{{"key", "{uploaded key}"}}, file: some, status: 403, code: "upload.signature", message: "a field of the form is not what was issued, or is there twice"},
		{n: 75, name: "another policy", on: "jobs", path: "{pending upload}", form: append(pending, [2]string{"policy", "e30="}), file: some, status: 403, code: "upload.signature"},
		{n: 75, name: "another job's policy", on: "jobs", path: "{pending upload}", form: append(pending, [2]string{"policy", "{uploaded policy}"}), file: some, status: 403, code: "upload.signature"},
		{n: 75, name: "another signature", on: "jobs", path: "{pending upload}", form: append(pending, [2]string{"x-amz-signature", strings.Repeat("0", 64)}), file: some, status: 403, code: "upload.signature"},
		{n: 75, name: "a field that was not issued", on: "jobs", path: "{pending upload}", form: append(pending, [2]string{"acl", "public-read"}), file: some, status: 403, code: "upload.signature"},
		{n: 75, name: "a field twice", on: "jobs", path: "{pending upload}", form: append(pending, pending[0]), file: some, status: 403, code: "upload.signature"},
		{n: 77, name: "an empty file", on: "jobs", path: "{pending upload}", form: pending, file: []byte{}, status: 400, code: "upload.empty", message: "the file is empty"},
		{n: 78, name: "a file that is too large", on: "jobs", path: "{pending upload}", form: pending, file: make([]byte, 10_001), status: 413, code: "upload.too_large", message: "the file is larger than the 10000 bytes that are allowed"},
		{n: 79, name: "fewer bytes than the length", on: "jobs", path: "{pending upload}", more: 1000, status: 400, code: "upload.length", message: "the form did not come whole, or is longer than the Content-Length of 1188 bytes"},
		{n: 79, name: "more bytes than the length", on: "jobs", path: "{pending upload}", more: -10, status: 400, code: "upload.length"},
		{n: 81, name: "no file", on: "jobs", path: "{pending upload}", form: pending, status: 400, code: "upload.part", message: "the form has no file"},
		{n: 81, name: "a file before its fields", on: "jobs", path: "{pending upload}", form: [][2]string{}, file: some, status: 400, code: "upload.part", message: "the form has no key before its file"},
		{n: 81, name: "two files", on: "jobs", path: "{pending upload}", form: append(pending, [2]string{"+file", "x"}), file: some, status: 400, code: "upload.part", message: "the form has two files"},
		{n: 82, name: "another checksum", on: "jobs", path: "{pending upload}", form: pending, file: some, header: map[string]string{"X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(sum[:])}, status: 400, code: "upload.checksum", message: "the file is not the one that its checksum was made of"},
		{n: 82, name: "no checksum", on: "jobs", path: "{pending upload}", form: pending, file: some, header: map[string]string{"X-Amz-Checksum-Crc32": "!"}, status: 400, code: "upload.checksum", message: "the header X-Amz-Checksum-Crc32 is not 4 bytes in base64"},
		{n: 83, name: "no boundary", on: "jobs", path: "{pending upload}", body: "x", header: map[string]string{"Content-Type": "multipart/form-data"}, status: 400, code: "upload.part", message: "the upload is not a form: no multipart boundary param in Content-Type"},
		{n: 83, name: "a long boundary", on: "jobs", path: "{pending upload}", body: "x", header: map[string]string{"Content-Type": "multipart/form-data; boundary=" + strings.Repeat("b", 71)}, status: 400, code: "upload.part", message: "the form's boundary has 71 characters, and 70 are allowed"},
		{n: 83, name: "many parts", on: "jobs", path: "{pending upload}", form: append(manyFields(), pending...), file: some, status: 400, code: "upload.part", message: "the form has more than 100 fields, or a part with large headers"},
		{n: 83, name: "a large header of a part", on: "jobs", path: "{pending upload}", form: append([][2]string{{strings.Repeat("x", 30_000), "x"}}, pending...), file: some, status: 400, code: "upload.part"},
		{n: 83, name: "a large field", on: "jobs", path: "{pending upload}", form: append(pending, [2]string{"policy", strings.Repeat("x", 30_000)}), file: some, status: 400, code: "upload.part", message: "a field of the form is too large, or did not come whole"},
		{n: 87, name: "an upload after the start", on: "jobs", path: "{processing upload}", form: [][2]string{{"key", "{processing key}"}}, file: some, status: 409, code: "job.started", message: "the job was started already"},
		{name: "no form", on: "jobs", path: "{pending upload}", body: "{}", status: 400, code: "upload.part", message: "the upload is not a form: request Content-Type isn't multipart/form-data"},

		{n: 86, name: "a sheet is started", on: "jobs", path: "/v1/batch/{sheet}/start", status: 400, code: "INPUT_FORMAT", message: "the content is a zip archive or an Office document"},
		{name: "UTF-16 is started", on: "jobs", path: "/v1/batch/{utf16}/start", status: 400, code: "INPUT_ENCODING", message: "the file is UTF-16, and jobs read UTF-8"},
		{name: "one JSON list is started", on: "jobs", path: "/v1/batch/{list}/start", status: 400, code: "INPUT_FORMAT"},
		{name: "blank lines are started", on: "jobs", path: "/v1/batch/{blank}/start", status: 400, code: "INPUT_EMPTY"},
		{name: "lines that end with CR are started", on: "jobs", path: "/v1/batch/{cr}/start", status: 400, code: "INPUT_LINE_ENDS"},
		{n: 88, name: "an unknown job", on: "jobs", method: "GET", path: "/v1/batch/batch_0000000000000000", status: 404, code: "JOB_UNKNOWN", message: "there is no such job"},
		{n: 88, name: "start an unknown job", on: "jobs", path: "/v1/batch/x/start", status: 404, code: "JOB_UNKNOWN"},
		{n: 88, name: "results of an unknown job", on: "jobs", method: "GET", path: "/v1/batch/x/results", status: 404, code: "JOB_UNKNOWN"},
		{n: 88, name: "cancel an unknown job", on: "jobs", path: "/v1/batch/x/cancel", status: 404, code: "JOB_UNKNOWN"},
		{n: 88, name: "a new address for an unknown job", on: "jobs", path: "/v1/batch/x/upload", status: 404, code: "JOB_UNKNOWN"},
		{n: 27, name: "a file's path for an id", on: "jobs", method: "GET", path: "/v1/batch/..%2f..%2fetc", status: 404, code: "ROUTE_UNKNOWN"},
		{n: 27, name: "NUL for an id", on: "jobs", method: "GET", path: "/v1/batch/%00", status: 404, code: "JOB_UNKNOWN"},
		{n: 27, name: "a long id", on: "jobs", method: "DELETE", path: "/v1/batch/" + strings.Repeat("x", 300), status: 404, code: "JOB_UNKNOWN"},
		{n: 89, name: "start without an upload", on: "jobs", path: "/v1/batch/{pending}/start", status: 400, code: "UPLOAD_MISSING", message: "nothing was uploaded for the job"},
		{n: 90, name: "start again", on: "jobs", path: "/v1/batch/{processing}/start", status: 409, code: "JOB_PROCESSING", message: "the job is processing"},
		{n: 91, name: "start a completed job", on: "ran", path: "/v1/batch/{completed}/start", status: 409, code: "JOB_COMPLETED", message: "the job is completed"},
		{n: 92, name: "start beside another job", on: "jobs", path: "/v1/batch/{uploaded}/start", status: 409, code: "ACCOUNT_BUSY", message: "another job of the account is running"},
		{n: 93, name: "start with a body", on: "jobs", path: "/v1/batch/{uploaded}/start", body: `{"restart":true}`, status: 400, code: "BODY_UNEXPECTED", message: "this route takes no body"},
		{n: 93, name: "start with an empty object", on: "jobs", path: "/v1/batch/{uploaded}/start", body: ` { } `, status: 409, code: "ACCOUNT_BUSY"},
		{n: 93, name: "begin anew, and wait", on: "jobs", path: "/v1/batch/{uploaded}/start?queue=true&restart=true", status: 400, code: "FIELD_RANGE", message: "a job that begins anew does not wait"},
		{n: 91, name: "begin a completed job anew", on: "ran", path: "/v1/batch/{completed}/start?restart=true", status: 409, code: "JOB_COMPLETED"},
		{n: 94, name: "results too early", on: "jobs", method: "GET", path: "/v1/batch/{processing}/results", status: 409, code: "RESULTS_NOT_READY", message: "the job is processing"},
		{n: 95, name: "results of a failed job", on: "ran", method: "GET", path: "/v1/batch/{failed}/results", status: 409, code: "JOB_FAILED", message: "all 1 records were rejected, one of them for record.json: no JSON value begins here"},
		{n: 96, name: "results of an expired job", on: "ran", method: "GET", path: "/v1/batch/{expired}/results", status: 410, code: "BLOB_MISSING", message: "the job has expired, and its results are not kept any more"},
		{n: 94, name: "partial results too early", on: "jobs", method: "GET", path: "/v1/batch/{processing}/results?partial=true", status: 409, code: "RESULTS_NOT_READY", message: "the job is processing"},
		{n: 88, name: "events of an unknown job", on: "jobs", method: "GET", path: "/v1/batch/x/events", status: 404, code: "JOB_UNKNOWN", message: "there is no such job"},
		{n: 88, name: "events of an unknown job as they happen", on: "jobs", method: "GET", path: "/v1/batch/x/events", header: map[string]string{"Accept": "text/event-stream"}, status: 404, code: "JOB_UNKNOWN"},
		{n: 100, name: "events after no number", on: "jobs", method: "GET", path: "/v1/batch/{pending}/events?after=x", status: 400, code: "LIST_RANGE", message: "after is no number of an event"},
		{n: 100, name: "events after a text beside a number", on: "jobs", method: "GET", path: "/v1/batch/{pending}/events?lastEventId=1&after=x", status: 400, code: "LIST_RANGE"},
		{n: 100, name: "events after a negative number", on: "jobs", method: "GET", path: "/v1/batch/{pending}/events", header: map[string]string{"Last-Event-ID": "-1"}, status: 400, code: "LIST_RANGE"},
		{n: 97, name: "delete a job that runs", on: "jobs", method: "DELETE", path: "/v1/batch/{processing}", status: 409, code: "JOB_PROCESSING", message: "the job is processing"},
		{n: 98, name: "delete twice", on: "jobs", method: "DELETE", path: "/v1/batch/{blank}", before: func(t *testing.T, f *fixture) {
			send(t, f.servers["jobs"], http.MethodDelete, f.fill("/v1/batch/{blank}"), nil, "")
		}, status: 404, code: "JOB_UNKNOWN", message: "there is no such job"},
		{n: 100, name: "limit 0", on: "jobs", method: "GET", path: "/v1/batch?limit=0", status: 400, code: "LIST_RANGE", message: "limit is not from 1 to 100"},
		{n: 100, name: "limit -1", on: "jobs", method: "GET", path: "/v1/batch?limit=-1", status: 400, code: "LIST_RANGE"},
		{n: 100, name: "limit 1e9", on: "jobs", method: "GET", path: "/v1/batch?limit=1e9", status: 400, code: "LIST_RANGE"},
		{n: 100, name: "after an unknown job", on: "jobs", method: "GET", path: "/v1/batch?after=x", status: 400, code: "LIST_RANGE", message: "after names no job"},
		{n: 100, name: "jobs of no status", on: "jobs", method: "GET", path: "/v1/batch?status=done", status: 400, code: "LIST_RANGE", message: "no job has the status that is asked for"},
		{n: 100, name: "jobs of an empty status", on: "jobs", method: "GET", path: "/v1/batch?status=", status: 400, code: "LIST_RANGE"},
		{name: "cancel a completed job", on: "ran", path: "/v1/batch/{completed}/cancel", status: 409, code: "JOB_ENDED", message: "the job is completed"},
		{n: 101, name: "a classifier without a name", path: "/v1/classifiers", body: `{` + ab + `}`, status: 400, code: "CLASSIFIER_NAME", message: "the classifier has no name"},
		{n: 101, name: "an empty name", path: "/v1/classifiers", body: `{"name":"",` + ab + `}`, status: 400, code: "CLASSIFIER_NAME"},
		{n: 101, name: "a name with a blank", path: "/v1/classifiers", body: `{"name":"a b",` + ab + `}`, status: 400, code: "CLASSIFIER_NAME"},
		{n: 101, name: "a name in capitals", path: "/v1/classifiers", body: `{"name":"Support",` + ab + `}`, status: 400, code: "CLASSIFIER_NAME"},
		{n: 101, name: "a long name", path: "/v1/classifiers", body: `{"name":"` + strings.Repeat("x", 65) + `",` + ab + `}`, status: 400, code: "CLASSIFIER_NAME"},
		{n: 101, name: "a version for a name", path: "/v1/classifiers", body: `{"name":"a@v2",` + ab + `}`, status: 400, code: "CLASSIFIER_NAME"},
		{n: 102, name: "the name of one that is built in", path: "/v1/classifiers", body: `{"name":"sentiment",` + ab + `}`, status: 403, code: "CLASSIFIER_BUILTIN", message: "sentiment is built into winnow"},
		{n: 103, name: "a condition that does not hold", path: "/v1/classifiers", body: `{"name":"support",` + ab + `}`, header: map[string]string{"If-Match": `"sha256:0"`}, status: 412, code: "CLASSIFIER_STALE", message: "the newest version of support is not the one that is to be replaced"},
		{n: 103, name: "a condition that is none", path: "/v1/classifiers", body: `{"name":"support",` + ab + `}`, header: map[string]string{"If-Match": "v1"}, status: 412, code: "CLASSIFIER_STALE", message: "the header If-Match is no ETag of a version"},
		{n: 104, name: "delete one that is built in", method: "DELETE", path: "/v1/classifiers/sentiment", status: 403, code: "CLASSIFIER_BUILTIN", message: "sentiment is the server's, and none of the account's own"},
		{n: 106, name: "an example of two labels", path: "/v1/classifiers", body: `{"name":"x",` + ab + `,"examples":{"a":["y"],"b":["y"]}}`, status: 400, code: "EXAMPLES_CONFLICT", message: "labels[0] and labels[1] have an example in common, and a text gets one label"},
		{name: "see an unknown classifier", method: "GET", path: "/v1/classifiers/nothing", status: 404, code: "CLASSIFIER_UNKNOWN"},
		{name: "see an unknown version", method: "GET", path: "/v1/classifiers/support@v9", status: 404, code: "CLASSIFIER_VERSION"},
		{name: "compare with no version", method: "GET", path: "/v1/classifiers/support/diff?from=x", status: 400, code: "CLASSIFIER_REF", message: "from is no number of a version"},
		{name: "compare with an empty version", method: "GET", path: "/v1/classifiers/support/diff?to=", status: 400, code: "CLASSIFIER_REF", message: "to is no number of a version"},
		{name: "usage from no day", method: "GET", path: "/v1/usage?from=yesterday", status: 400, code: "USAGE_QUERY", message: "from is no day"},
		{name: "usage that ends before it begins", method: "GET", path: "/v1/usage?from=2026-02-02&to=2026-02-01", status: 400, code: "USAGE_QUERY", message: "from and to are not from 1 to 400 days"},
		{name: "usage of 401 days", method: "GET", path: "/v1/usage?from=2025-01-01&to=2026-02-05", status: 400, code: "USAGE_QUERY", message: "from and to are not from 1 to 400 days"},
		{name: "usage by account", method: "GET", path: "/v1/usage?by=day,account", status: 400, code: "USAGE_QUERY", message: "by does not name each of some of day, key, classifier, priority once"},
		{name: "usage by day twice", method: "GET", path: "/v1/usage?by=day,day", status: 400, code: "USAGE_QUERY"},
		{name: "a download", on: "jobs", method: "GET", path: "/_blob/d/x", status: 403, code: "DOWNLOAD_SIGNATURE", message: "the download's address is not valid, or has expired"},
		{n: 107, name: "a form without a file", on: "jobs", path: tables, form: fields("model", "topics"), status: 400, code: "UPLOAD_PART", message: "the form has no file"},
		{n: 107, name: "an empty file for a table", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte{}, status: 400, code: "UPLOAD_EMPTY"},
		{name: "no form for a table", on: "jobs", path: tables, body: "{}", status: 415, code: "BODY_TYPE", message: `the Content-Type is "application/json", and this route takes multipart/form-data`},
		{n: 108, name: "a PDF document", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("%PDF-1.7\n"), status: 400, code: "INPUT_FORMAT", message: "the content is a PDF document"},
		{n: 108, name: "an old workbook", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), status: 400, code: "INPUT_FORMAT", message: "the content is an old Office document"},
		{n: 108, name: "a damaged workbook", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("PK\x03\x04\x14\x00"), status: 400, code: "INPUT_CORRUPT"},
		{n: 108, name: "a damaged Parquet file", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("PAR1 and no more"), status: 400, code: "INPUT_CORRUPT"},
		{n: 109, name: "no model", on: "jobs", path: tables, form: fields(), file: rows, status: 400, code: "FORM_MODEL", message: "the form names no model"},
		{n: 109, name: "an unknown model", on: "jobs", path: tables, form: fields("model", "nothing"), file: rows, status: 400, code: "FORM_MODEL"},
		{n: 109, name: "an unknown version of a model", on: "jobs", path: tables, form: fields("model", "topics@v9"), file: rows, status: 400, code: "FORM_MODEL"},
		{n: 109, name: "a reference that is none", on: "jobs", path: tables, form: fields("model", "topics@"), file: rows, status: 400, code: "CLASSIFIER_REF"},
		{n: 110, name: "half a list of columns", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "[3"), file: rows, status: 400, code: "COLUMNS_SYNTAX", message: `"[3" names no column`},
		{n: 110, name: "a column with decimals", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "3.5"), file: rows, status: 400, code: "COLUMNS_SYNTAX"},
		{n: 110, name: "a column below 0", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "-1"), file: rows, status: 400, code: "COLUMNS_SYNTAX"},
		{n: 110, name: "half a name of a column", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", `"a`), file: rows, status: 400, code: "COLUMNS_SYNTAX"},
		{n: 110, name: "a list with null", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "[null]"), file: rows, status: 400, code: "COLUMNS_SYNTAX"},
		{n: 110, name: "no column in a list", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "[]"), file: rows, status: 400, code: "COLUMNS_SYNTAX"},
		{n: 110, name: "an empty column", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", ""), file: rows, status: 400, code: "COLUMNS_SYNTAX"},
		{n: 111, name: "a column that the file does not have", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "9"), file: rows, status: 400, code: "COLUMNS_RANGE", message: "column 9 is asked for, and the file has 4: 0 id, 1 subject, 2 body, 3 stars"},
		{n: 112, name: "a column twice", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "[1, 1]"), file: rows, status: 400, code: "COLUMNS_SYNTAX", message: "column 1 is named twice"},
		{n: 112, name: "a column by number and name", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", `[1, "subject"]`), file: rows, status: 400, code: "COLUMNS_SYNTAX", message: `the column "subject" is named twice`},
		{n: 113, name: "a column by a name that is none", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "subjekt"), file: rows, status: 400, code: "COLUMNS_UNKNOWN", message: `there is no column "subjekt"; the columns are id, subject, body, stars`},
		{n: 114, name: "an output format", on: "jobs", path: tables, form: fields("model", "topics", "output_format", "pdf"), file: rows, status: 400, code: "FORM_FIELD", message: `output_format: "pdf" is none of csv, xlsx, jsonl, parquet`},
		{n: 115, name: "a threshold in words", on: "jobs", path: tables, form: fields("model", "topics", "threshold", "five"), file: rows, status: 400, code: "FIELD_TYPE", message: `threshold: want a number, got "five"`},
		{n: 115, name: "a number of labels in words", on: "jobs", path: tables, form: fields("model", "topics", "top_k", "five"), file: rows, status: 400, code: "FIELD_TYPE", message: `top_k: want a whole number, got "five"`},
		{n: 43, name: "a threshold that is no number", on: "jobs", path: tables, form: fields("model", "topics", "threshold", "NaN"), file: rows, status: 400, code: "THRESHOLD_RANGE"},
		{n: 43, name: "a threshold above 1", on: "jobs", path: tables, form: fields("model", "topics", "threshold", "1.5"), file: rows, status: 400, code: "THRESHOLD_RANGE", message: "threshold: the threshold 1.5 is not from 0 to 1"},
		{n: 45, name: "no labels", on: "jobs", path: tables, form: fields("model", "topics", "top_k", "0"), file: rows, status: 400, code: "TOP_K_RANGE", message: "top_k: 0 labels are asked for"},
		{name: "a number of entities", on: "jobs", path: tables, form: fields("model", "entities", "top_k", "2", "columns_to_classify", "1"), file: rows, status: 400, code: "FORM_FIELD", message: "top_k: the model finds entities, all that there are"},
		{n: 116, name: "a field of a table twice", on: "jobs", path: tables, form: fields("model", "topics", "model", "topics"), file: rows, status: 400, code: "BODY_DUPLICATE_KEY", message: `the field "model" is there twice`},
		{n: 116, name: "two files for a table", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "1", "+file", "x"), file: rows, status: 400, code: "BODY_DUPLICATE_KEY", message: `the field "file" is there twice`},
		{n: 117, name: "several columns of text", on: "jobs", path: tables, form: fields("model", "topics"), file: rows, status: 400, code: "COLUMNS_REQUIRED", message: `there is no column "text", and several hold texts: subject, body`},
		{n: 117, name: "no column of text", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("n\n1\n2\n"), status: 400, code: "COLUMNS_REQUIRED", message: "the input has no column of text; its columns are n"},
		{n: 117, name: "no field called text", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte(`{"n": 1}`), status: 400, code: "COLUMNS_REQUIRED", message: `no record has the field "text"; the fields are n`},
		{n: 118, name: "an address that is none", on: "jobs", path: tables, form: fields("model", "topics", "email", "ann@"), file: rows, status: 400, code: "FORM_FIELD", message: `notify_email: "ann@" is no address`},
		{n: 118, name: "two addresses", on: "jobs", path: tables, form: fields("model", "topics", "notify_email", "ann@example.com\r\nBcc: bob@example.com"), file: rows, status: 400, code: "FORM_FIELD"},
		{name: "an address where no mail is sent", on: "jobs", path: tables, form: fields("model", "topics", "columns_to_classify", "1", "notify_email", "ann@example.com"), file: rows, status: 400, code: "FORM_FIELD", message: "notify_email: the server sends no e-mails"},
		{n: 14, name: "a field that is none of a table's", on: "jobs", path: tables, form: fields("model", "topics", "treshold", "1"), file: rows, status: 400, code: "BODY_UNKNOWN_KEY", message: `the key "treshold" is not one that this route takes`},
		{name: "a header that is no answer", on: "jobs", path: tables, form: fields("model", "topics", "header", "yes"), file: rows, status: 400, code: "FORM_FIELD", message: `header: "yes" is none of auto, true, false`},
		{name: "a sheet of CSV", on: "jobs", path: tables, form: fields("model", "topics", "sheet", "One"), file: rows, status: 400, code: "CONFIG_FIELD"},
		{name: "an encoding that is none", on: "jobs", path: tables, form: fields("model", "topics", "encoding", "klingon"), file: rows, status: 400, code: "CONFIG_FIELD"},
		{name: "a header alone", on: "jobs", path: tables, form: fields("model", "topics", "header", "true"), file: []byte("id,text\n"), status: 400, code: "INPUT_EMPTY"},
		{name: "a quote that never ends", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("text\n\"a\n"), status: 400, code: "INPUT_UNCLOSED_QUOTE"},
		{name: "columns of an older answer", on: "jobs", path: tables, form: fields("model", "topics"), file: []byte("text,error,predicted_error\na,b,c\n"), status: 400, code: "RECORD_FIELD_CONFLICT", message: `the file has the columns "error" and "predicted_error"`},
		{name: "a table that is too large", on: "jobs", path: tables, form: fields("model", "topics"), file: make([]byte, 10_001), status: 413, code: "UPLOAD_TOO_LARGE"},
		{n: 88, name: "an unknown job over a table", on: "jobs", method: "GET", path: "/api/batch_jobs/batch_0000000000000000", status: 404, code: "JOB_UNKNOWN", message: "there is no such job"},
		{n: 88, name: "a job that is none over a table", on: "jobs", method: "GET", path: "/api/batch_jobs/{pending}/preview", status: 404, code: "JOB_UNKNOWN", message: "there is no such job"},
		{n: 94, name: "the preview too early", on: "jobs", method: "GET", path: "/api/batch_jobs/{table}/preview", status: 409, code: "RESULTS_NOT_READY", message: "the job is queued"},
		{n: 94, name: "the download too early", on: "jobs", method: "GET", path: "/api/batch_jobs/{table}/download", status: 409, code: "RESULTS_NOT_READY", message: "the job is queued"},
		{n: 95, name: "the preview of a failed job", on: "ran", method: "GET", path: "/api/batch_jobs/{failed table}/preview", status: 409, code: "JOB_FAILED"},
		{n: 95, name: "the download of a failed job", on: "ran", method: "GET", path: "/api/batch_jobs/{failed table}/download", status: 409, code: "JOB_FAILED"},
		{n: 100, name: "limit 0 of a preview", on: "jobs", method: "GET", path: "/api/batch_jobs/{table}/preview?limit=0", status: 400, code: "LIST_RANGE", message: "limit is not from 1 to 100"},
		{n: 100, name: "after a job that is unknown", on: "jobs", method: "GET", path: "/api/batch_jobs?after=x", status: 400, code: "LIST_RANGE", message: "after names no job"},
	} {
		seen[c.n] = true
		t.Run(c.name, func(t *testing.T) { f.refuse(t, &c) })
	}
	for n := 1; n <= lastCase; n++ {
		if !seen[n] && elsewhere[n] == "" {
			t.Errorf("case %d is missing", n)
		}
	}
}

const lastCase = 118

// elsewhere are the cases that no request alone is enough for, with the tests that have them.
var elsewhere = map[int]string{
	38:  "TestFields: one label is detection",
	74:  "TestTicket of pipeline/job",
	76:  "an address holds until the start: 87",
	80:  "TestUploads: nothing is stored",
	84:  "TestUploads: the file's name is ../../x",
	85:  "TestFullDisk: what the disk says becomes 507",
	99:  "TestClassifierDeleted",
	105: "nothing is trained over HTTP",
}

// fields are those of a form, of names and values.
func fields(pairs ...string) [][2]string {
	all := make([][2]string, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, [2]string{pairs[i], pairs[i+1]})
	}
	return all
}

// gif is the begin of an image with so many pixels to a side, in base64.
func gif(side int) string {
	head := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte("GIF89a"), uint16(side)), uint16(side))
	return base64.StdEncoding.EncodeToString(append(head, 0, 0, 0))
}

// pdf is a document with something in it, in base64.
func pdf(content string) string {
	return base64.StdEncoding.EncodeToString([]byte("%PDF-1.7\n" + content + "\n%%EOF\n"))
}

func manyFields() [][2]string {
	fields := make([][2]string, 10_000)
	for i := range fields {
		fields[i] = [2]string{"x-ignore-" + strconv.Itoa(i), "x"}
	}
	return fields
}

// refuse sends one request, and holds the answer to what it should be.
func (f *fixture) refuse(t *testing.T, c *refused) {
	t.Helper()
	if c.before != nil {
		c.before(t, f)
	}
	on := c.on
	if on == "" {
		on = "open"
	}
	server := f.servers[on]
	method, path := c.method, f.fill(c.path)
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = "/v1/classify"
	}
	header := make(map[string]string)
	for name, value := range c.header {
		header[name] = f.fill(value)
	}
	var r *reply
	switch {
	case on == "limits":
		r = exchange(t, f.limits, c.raw)
	case c.more != 0:
		r = exchange(t, strings.TrimPrefix(server.URL, "http://"), lying(path, f.fill("{pending key}"), c.more))
	case c.form != nil:
		var fields [][2]string
		for _, field := range c.form {
			fields = append(fields, [2]string{field[0], f.fill(field[1])})
		}
		r = uploadWith(t, server, path, header, fields, c.file)
	default:
		r = send(t, server, method, path, header, c.body)
	}
	code, message := "", ""
	switch {
	case c.code == "": // net/http itself answers
	case r.Header.Get("Content-Type") == "application/xml":
		code = r.Header.Get("X-Winnow-Code")
		if m := regexp.MustCompile(`<Message>(.*)</Message>`).FindSubmatch(r.body); m != nil {
			message = strings.ReplaceAll(string(m[1]), "&#39;", "'")
		}
	default:
		p := problemOf(t, r)
		if strings.Contains(p.DocsURL, "evil") {
			t.Errorf("the address of the errors is one that the request chose: %s", p.DocsURL)
		}
		code, message = p.Code, p.Message
	}
	if r.StatusCode != c.status || code != c.code || c.message != "" && message != c.message {
		t.Errorf("status %d, want %d %s\n%s", r.StatusCode, c.status, c.code, r.body)
	}
	if (r.StatusCode == http.StatusServiceUnavailable || r.StatusCode == http.StatusTooManyRequests || c.code == "IDEM_IN_PROGRESS") && r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if r.StatusCode == http.StatusMethodNotAllowed && r.Header.Get("Allow") == "" {
		t.Error("no Allow")
	}
}

// TestFullDisk has what a full disk says to an upload.
func TestFullDisk(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	if got := api.StatusOf(fault.Storage(full, "x")); got != http.StatusInsufficientStorage {
		t.Errorf("status %d", got)
	}
}
