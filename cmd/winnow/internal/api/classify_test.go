package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

func TestClassify(t *testing.T) {
	server := newServer(t)
	var first, again, anew api.Classified
	const body = `{"text":"I was charged twice","labels":["billing","technical_support","sales"]%s}`
	r := post(t, server, "/v1/classify", fmt.Sprintf(body, ""), &first)
	if first.Label == nil || *first.Label != "billing" || first.Tokens != 4 || first.Cached || first.LatencyMS <= 0 {
		t.Errorf("got %s", r.body)
	}
	for name, want := range map[string]string{"X-Cache": "MISS", "X-Tokens-Used": "4", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(r.Header.Get("X-Request-ID"), "req_") || len(r.Header.Get("X-Cache-Key")) != 16 {
		t.Errorf("headers %v", r.Header)
	}
	r2 := post(t, server, "/v1/classify", fmt.Sprintf(body, ""), &again)
	if !again.Cached || r2.Header.Get("X-Cache") != "HIT" || r2.Header.Get("X-Cache-Age") != "0" || r2.Header.Get("X-Cache-Key") != r.Header.Get("X-Cache-Key") {
		t.Errorf("the second time: %s %v", r2.body, r2.Header)
	}
	post(t, server, "/v1/classify", fmt.Sprintf(body, `,"cache":false`), &anew)
	if anew.Cached || *anew.Label != *first.Label || *anew.Confidence != *first.Confidence || *again.Confidence != *first.Confidence {
		t.Errorf("asked anew: %+v, want %+v", anew, first)
	}
}

// TestExplain: the words come where they are asked for, of answers that were kept too.
func TestExplain(t *testing.T) {
	server := newServer(t)
	const body = `{"text":"Ü: I was charged twice","labels":["billing","sales"]%s}`
	var plain, kept, none api.Classified
	if r := post(t, server, "/v1/classify", fmt.Sprintf(body, ""), &plain); strings.Contains(string(r.body), "explanation") {
		t.Errorf("explained without being asked: %s", r.body)
	}
	r := post(t, server, "/v1/classify", fmt.Sprintf(body, `,"explain":true`), &kept)
	if !kept.Cached || len(kept.Explanation) == 0 || len(kept.Explanation) > 5 || *kept.Confidence != *plain.Confidence {
		t.Fatalf("got %s", r.body)
	}
	if w := kept.Explanation[0]; w.Word != "charged" || w.Start != 9 || w.End != 16 || w.Weight <= 0 || w.Label != "" {
		t.Errorf("got %+v", w)
	}
	if r := post(t, server, "/v1/classify", `{"text":"\u2603","labels":["bug","praise"],"explain":true}`, &none); !strings.Contains(string(r.body), `"explanation":null`) {
		t.Errorf("without a label: %s", r.body)
	}
}

// TestFields has the fields of older and newer clients, and descriptions and examples change answers.
func TestFields(t *testing.T) {
	server := newServer(t)
	for _, body := range []string{
		`{"text":"it crashes","labels":["bug","praise"],"source_type":"app review","priority":"fast"}`,
		`{"text":"it crashes","labels":["bug","praise"],"text_type":"app review","speed":"standard"}`,
		`{"source":"it crashes","labels":["bug","praise"]}`,
		`{"text":"it crashes","labels":["bug","praise"],"classifier":null,"descriptions":null,"image":null}`,
		`{"te\u0078t":"it \u0063rashes","labels":["bug","praise"]}`,
	} {
		var got api.Classified
		post(t, server, "/v1/classify", body, &got)
		if *got.Label != "bug" {
			t.Errorf("%s: %s", body, *got.Label)
		}
	}
	var plain, described, shown api.Classified
	post(t, server, "/v1/classify", `{"text":"my invoice is wrong","labels":["a1","b2"]}`, &plain)
	post(t, server, "/v1/classify", `{"text":"my invoice is wrong","labels":["a1","b2"],"descriptions":{"b2":"payments and invoices"}}`, &described)
	post(t, server, "/v1/classify", `{"text":"my invoice is wrong","labels":["a1","b2"],"examples":{"b2":["the bill is wrong"]}}`, &shown)
	if *described.Label != "b2" || *shown.Label != "b2" || *described.Confidence == *plain.Confidence || *shown.Confidence == *plain.Confidence {
		t.Errorf("plain %v, described %v, shown %v", *plain.Confidence, *described.Confidence, *shown.Confidence)
	}
	var unlabelled api.Classified
	post(t, server, "/v1/classify", `{"text":"\u4e00\u4e8c","labels":["bug","praise"]}`, &unlabelled)
	var one api.Classified
	post(t, server, "/v1/classify", `{"text":"lovely weather","labels":["billing"]}`, &one)
	if *one.Confidence > 0.5 {
		t.Errorf("one label alone is as sure as %v of a text that has nothing to do with it", *one.Confidence)
	}
}

func TestTag(t *testing.T) {
	server := newServer(t)
	const body = `{"text":"the invoice page crashes","labels":["billing","bug","sports"]%s}`
	var all, some, none api.Tagged
	post(t, server, "/v1/tag", fmt.Sprintf(body, `,"threshold":0`), &all)
	for i := 1; i < len(all.Labels); i++ {
		if all.Labels[i].Confidence > all.Labels[i-1].Confidence {
			t.Errorf("not sorted: %v", all.Labels)
		}
	}
	// A label comes only above the threshold, not at it.
	post(t, server, "/v1/tag", fmt.Sprintf(body, fmt.Sprintf(`,"threshold":%v`, all.Labels[0].Confidence)), &none)
	post(t, server, "/v1/tag", fmt.Sprintf(body, fmt.Sprintf(`,"threshold":%v`, all.Labels[1].Confidence)), &some)
	if len(none.Labels) != 0 || none.Labels == nil || len(some.Labels) != 1 || some.Labels[0] != all.Labels[0] {
		t.Errorf("all %v, some %v, none %v", all.Labels, some.Labels, none.Labels)
	}
	if !some.Cached {
		t.Error("another threshold asked the classifier anew")
	}
}

func TestBatchForms(t *testing.T) {
	server := newServer(t)
	var labels api.ClassifiedMany
	post(t, server, "/v1/classify/batch", `{"texts":["it crashes"," ","refund me","it crashes"],"labels":["billing","bug"]}`, &labels)
	var got []string
	total := 0
	for _, r := range labels.Results {
		total += r.Tokens
		switch {
		case r.Error != nil:
			got = append(got, *r.Error)
		default:
			got = append(got, *r.Label)
		}
	}
	if diff := cmp.Diff([]string{"bug", "the text is empty or blank", "billing", "bug"}, got); diff != "" || labels.TotalTokens != total || total == 0 {
		t.Errorf("%d tokens (-want +got)\n%s", labels.TotalTokens, diff)
	}
	var tags api.TaggedMany
	post(t, server, "/v1/tag/batch", `{"texts":["it crashes","","it crashes"],"labels":["billing","bug"]}`, &tags)
	if r := tags.Results; len(r) != 3 || r[0].Labels[0].Label != "bug" || r[1].Error == nil || r[1].Labels == nil {
		t.Errorf("%+v", r)
	}
	post(t, server, "/v1/tag/batch", `{"texts":["it crashes"],"labels":["billing","bug"]}`, &tags)
	if !tags.Results[0].Cache.Hit {
		t.Error("the second time: no hit")
	}
}

// slow is a backend whose classifiers all take as long as the test wants.
type slow struct {
	wire.Classifiers
	made chan struct{}
	mu   sync.Mutex
	n    int
}

func (s *slow) New(c *spec.Classify) (classify.Classifier, error) {
	s.mu.Lock()
	s.n++
	s.mu.Unlock()
	<-s.made
	return s.Classifiers.New(c)
}

// TestOneCompilation asks for one label set from many clients at once.
func TestOneCompilation(t *testing.T) {
	backend := &slow{made: make(chan struct{})}
	server := newServer(t, func(c *api.Config) { c.Backend = backend })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"it crashes","labels":["bug","praise"]}`)
			if r.StatusCode != http.StatusOK {
				t.Errorf("status %d: %s", r.StatusCode, r.body)
			}
		})
	}
	close(backend.made)
	wg.Wait()
	if backend.n != 1 {
		t.Errorf("%d classifiers were made", backend.n)
	}
}

// BenchmarkClassify is a request without the network: allocations are what counts.
func BenchmarkClassify(b *testing.B) {
	for name, size := range map[string]int64{"cache": 64 << 20, "no cache": 0} {
		b.Run(name, func(b *testing.B) { benchmarkClassify(b, size) })
	}
}
