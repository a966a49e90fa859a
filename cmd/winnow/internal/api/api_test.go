package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(backing.Main(m)) }

// newServer is a server in open mode, as one on loopback without a key is.
func newServer(t testing.TB, change ...func(*api.Config)) *httptest.Server {
	t.Helper()
	t.Setenv("WINNOW_HOME", t.TempDir())
	cfg := api.Config{Server: *config.Default(), Version: "v1.2.3", Loopback: true, Backend: wire.Classifiers{}, Catalogs: wire.Catalogs{Dir: t.TempDir()}, Log: zerolog.Nop()}
	for _, c := range change {
		c(&cfg)
	}
	s, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

// reply is an answer with its body.
type reply struct {
	*http.Response
	body []byte
}

// send sends a request, and holds the answer to the OpenAPI document.
func send(t testing.TB, server *httptest.Server, method, path string, header map[string]string, body string) *reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := server.Config.Handler.(*api.Server); ok {
		if what := s.Undocumented(response); what != "" {
			t.Errorf("in the OpenAPI document: %s", what)
		}
	}
	return &reply{response, data}
}

// post posts JSON that is to be answered with 200, in the shape of into.
func post(t testing.TB, server *httptest.Server, path, body string, into any) *reply {
	t.Helper()
	r := send(t, server, http.MethodPost, path, nil, body)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d\n%s", path, r.StatusCode, r.body)
	}
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, r.body)
	}
	return r
}
