package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/once"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestHostile sends bodies of some MB that only somebody who means harm would make. Each is refused at once, in few words, and
// takes little more memory than it has bytes.
func TestHostile(t *testing.T) {
	server, _ := newJobs(t, false)
	const size = 3 << 20
	long := strings.Repeat("x", size)
	many := func(value string) string { return "[" + strings.Repeat(value+",", size/(len(value)+1)) + value + "]" }
	labels := `"labels":` + numbered(200)
	for _, c := range []struct {
		name, path, body string
		code             string
	}{
		{"a long key", "/v1/classify", `{"` + long + `":1}`, "BODY_UNKNOWN_KEY"},
		{"a long key twice", "/v1/classify", `{"text":"a","labels":["a"],"descriptions":{"` + long[:size/2] + `":"","` + long[:size/2] + `":""}}`, "BODY_DUPLICATE_KEY"},
		{"long descriptions' labels", "/v1/classify", `{"text":"a","labels":["a","` + long[:size/2] + `"],"descriptions":{"y` + long[:size/2] + `":"q"}}`, "DESCRIPTIONS_UNKNOWN_LABEL"},
		{"many descriptions", "/v1/classify", `{"text":"a",` + labels + `,"descriptions":{` + pairs(size/11) + `}}`, "BODY_KEYS"},
		{"descriptions of none", "/v1/classify", `{"text":"a",` + labels + `,"descriptions":{` + pairs(200) + `}}`, "DESCRIPTIONS_UNKNOWN_LABEL"},
		{"many labels", "/v1/classify", `{"text":"a","labels":` + many(`""`) + `}`, "LABELS_TOO_MANY"},
		{"many examples", "/v1/classify", `{"text":"a","labels":["a"],"examples":{"a":` + many(`""`) + `}}`, "EXAMPLES_INVALID"},
		{"blank examples of a long label", "/v1/classify", `{"text":"a","labels":["a","` + long[:size/2] + `"],"examples":{"` + long[:size/2] + `":` + numbered(100) + `}}`, "LABELS_TOO_LONG"},
		{"a long label with a control character", "/v1/classify", `{"text":"a","labels":["` + long + `\u0000"]}`, "LABELS_TOO_LONG"},
		{"many images", "/v1/classify", `{"text":"a","labels":["a"],"image":` + many(`""`) + `}`, "IMAGES_TOO_MANY"},
		{"a long number", "/v1/tag", `{"text":"a","labels":["a"],"threshold":` + strings.Repeat("1", size) + `}`, "BODY_NUMBER"},
		{"many texts", "/v1/classify/batch", `{"texts":` + many(`""`) + `,"labels":["a"]}`, "TEXTS_RANGE"},
		{"many events", "/v1/webhooks", `{"url":"https://example.com","events":` + many(`""`)[:3<<17+1] + `""]}`, "WEBHOOK_EVENTS"},
		{"a long endpoint", "/v1/batches", `{"endpoint":"` + long[:1<<19] + `"}`, "batch.endpoint"},
		{"a long window", "/v1/batches", `{"endpoint":"/v1/tag","completion_window":"` + long[:1<<19] + `"}`, "batch.window"},
		{"much metadata", "/v1/batches", `{"metadata":{` + pairs(1<<15) + `}}`, "body.keys"},
		{"a long number of bytes", "/v1/uploads", `{"bytes":0.` + strings.Repeat("1", 1<<19) + `}`, "field.type"},
		{"a long media type", "/v1/classify", "", "BODY_TYPE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := map[string]string{}
			if c.body == "" {
				header["Content-Type"] = "text/" + long[:50_000]
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := time.Now()
			r := send(t, server, http.MethodPost, c.path, header, c.body)
			took := time.Since(begun)
			runtime.ReadMemStats(&after)
			if r.StatusCode/100 != 4 || !strings.Contains(string(r.body), `"code":"`+c.code+`"`) || len(r.body) > 50_000 {
				t.Errorf("status %d, want %s: %d bytes: %.1000s", r.StatusCode, c.code, len(r.body), r.body)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > uint64(10*len(c.body)+16<<20) || took > 10*time.Second {
				t.Errorf("%d bytes of memory for %d bytes, %s", grown, len(c.body), took)
			}
		})
	}
}

// TestOddNames asks every route for what can't be: ids and pages with bytes that are no text, and texts that no database of every
// kind keeps as they are. The client is told, and never that the server is at fault.
func TestOddNames(t *testing.T) { everywhere(t, testOddNames) }

func testOddNames(t *testing.T, db *database.DB, blobs backing.Store) {
	memory, err := once.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	server := newJobsOn(t, db, blobs, false, func(c *api.Config) { c.Memory = memory })
	refused := func(t *testing.T, method, path string, header map[string]string, body string) {
		t.Helper()
		if r := send(t, server, method, path, header, body); r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s %s %.100s: status %d %s", method, path, body, r.StatusCode, r.body)
		}
	}
	odd := []string{"%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%92%A9", "..%2f..%2fetc", "%5c", "%25", "'", strings.Repeat("x", 3000)}
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	for _, route := range server.Config.Handler.(*api.Server).Routes() {
		for _, name := range odd {
			path := placeholder.ReplaceAllString(strings.TrimSuffix(route.Path, "{$}"), name)
			refused(t, route.Method, path+"?after="+name+"&purpose="+name, nil, "{}")
		}
	}
	file := fileOf(t, server, nil, "{}\n")
	upload := idOf(t, send(t, server, http.MethodPost, "/v1/uploads", nil, `{"filename":"a","purpose":"batch","bytes":10}`))
	for _, text := range []string{`\u0000`, `a\u0000b`, `\uffff`, `\ud83d\ude00`, `\u001b[2J`, `'`, "\u202e"} {
		for path, body := range map[string]string{
			"/v1/batches":                         `{"input_file_id":"` + file + `","endpoint":"/v1/tag","completion_window":"24h","metadata":{"` + text + `":"` + text + `"},"labels":["a"],"descriptions":{"a":"` + text + `"}}`,
			"/v1/batches?":                        `{"input_file_id":"` + text + `","endpoint":"/v1/tag","completion_window":"24h"}`,
			"/v1/uploads":                         `{"filename":"` + text + `","purpose":"batch","bytes":10}`,
			"/v1/uploads/" + upload + "/complete": `{"part_ids":["` + text + `"]}`,
			"/v1/batch":                           `{"labels":["a"],"descriptions":{"a":"` + text + `"},"examples":{"a":["` + text + ` x"]},"source_type":"` + text + `"}`,
			"/v1/batch?":                          `{"labels":["a"],"webhook_url":"https://example.com/` + text + `"}`,
			"/v1/classifiers":                     `{"name":"a","labels":["a","b"],"descriptions":{"a":"` + text + `"},"notes":"` + text + `"}`,
			"/v1/classify":                        `{"text":"` + text + ` x","labels":["a"],"descriptions":{"a":"` + text + `"}}`,
			"/v1/classify?":                       `{"text":"a","classifier":"` + text + `"}`,
			"/v1/webhooks":                        `{"url":"https://example.com/` + text + `","events":["` + text + `"]}`,
		} {
			refused(t, http.MethodPost, path, nil, body)
		}
	}
	for _, key := range []string{"\xff", "\u00e9", "\u202e", "'"} {
		refused(t, http.MethodPost, "/v1/batch", map[string]string{"Idempotency-Key": key}, labelled)
		refused(t, http.MethodPost, "/v1/classifiers", map[string]string{"Idempotency-Key": key, "If-Match": `"` + key + `"`}, `{"name":"b","labels":["a","b"]}`)
	}
}

// TestOddForms uploads forms that no client makes.
func TestOddForms(t *testing.T) {
	server, _ := newJobs(t, false)
	upload := idOf(t, send(t, server, http.MethodPost, "/v1/uploads", nil, `{"filename":"a","purpose":"batch","bytes":10}`))
	purpose, file := "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n{}\n\r\n"
	field := "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n\r\n"
	const form = "multipart/form-data; boundary=b"
	for _, c := range []struct{ name, path, media, body, message string }{
		{"many fields", "/v1/files", form, purpose + strings.Repeat(field, 1000) + file + "--b--\r\n", "the form has more than 100 fields, or a part with large headers"},
		{"many fields of a part", "/v1/uploads/" + upload + "/parts", form, strings.Repeat(field, 1000) + "--b--\r\n", "the form has more than 100 fields, or a part with large headers"},
		{"large headers", "/v1/files", form, strings.Replace(purpose, "\r\n\r\n", "\r\nX: "+strings.Repeat("x", 1<<20)+"\r\n\r\n", 1) + file + "--b--\r\n", "the form has more than 100 fields, or a part with large headers"},
		{"a long boundary", "/v1/files", "multipart/form-data; boundary=" + strings.Repeat("b", 50_000), "x", "the form's boundary has 50000 characters, and 70 are allowed"},
		{"a name with NUL", "/v1/files", form, purpose + strings.Replace(file, `"x"`, "\"x\x00\"", 1) + "--b--\r\n", ""},
		{"two names of a part", "/v1/files", form, purpose + strings.Replace(file, "; file", `; name="purpose"; file`, 1) + "--b--\r\n", "the form has no file"},
		{"no end", "/v1/files", form, purpose + file, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := send(t, server, http.MethodPost, c.path, map[string]string{"Content-Type": c.media}, c.body)
			var problem struct {
				Error struct{ Message, Code string }
			}
			if err := json.Unmarshal(r.body, &problem); err != nil || r.StatusCode != http.StatusBadRequest || !strings.HasPrefix(problem.Error.Code, "upload.") {
				t.Fatalf("%v, status %d %s", err, r.StatusCode, r.body)
			}
			if want := c.message + ": send multipart/form-data: purpose and then file, or data for a part"; c.message != "" && problem.Error.Message != want {
				t.Errorf("got %q, want %q", problem.Error.Message, want)
			}
		})
	}
}

// TestHeavySets asks for label sets of a MB each, one after the other. What is kept of them stays far below what they were.
func TestHeavySets(t *testing.T) {
	server := newServer(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 50 {
		words := strings.Repeat(fmt.Sprintf("word%d ", i), 60_000/len("word00 "))
		var b strings.Builder
		for j := range 16 {
			fmt.Fprintf(&b, `,"l%d":"%s"`, j, words)
		}
		r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"a","labels":["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14","l15"],"descriptions":{`+b.String()[1:]+`}}`)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("status %d %s", r.StatusCode, r.body)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("%d bytes are kept", grown)
	}
}
