package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func benchmarkClassify(b *testing.B, size int64) {
	cfg := api.Config{Server: *config.Default(), Loopback: true, Backend: wire.Classifiers{}, Catalogs: wire.Catalogs{Dir: b.TempDir()}, Log: zerolog.Nop()}
	cfg.Cache.Size = unit.Size(size)
	s, err := api.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	body := strings.NewReader("")
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://localhost/v1/classify", body)
	r.Header.Set("Content-Type", "application/json")
	const text = `{"text":"I was charged twice for the same order","labels":["billing","technical_support","sales","other"]}`
	r.ContentLength = int64(len(text))
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(text)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
