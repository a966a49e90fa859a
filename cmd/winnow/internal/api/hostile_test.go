package api_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
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
