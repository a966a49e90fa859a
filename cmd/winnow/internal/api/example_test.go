package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

func Example() {
	s, err := api.New(api.Config{Server: *config.Default(), Loopback: true, Backend: wire.Classifiers{}, Catalogs: wire.Catalogs{}, Log: zerolog.Nop()})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(s)
	defer server.Close()
	r, err := http.Post(server.URL+"/v1/tag", "application/json", strings.NewReader(`{"text": "the app crashes", "labels": ["bug", "praise"], "threshold": 1}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	answer, _, _ := strings.Cut(string(body), `,"latency_ms"`)
	fmt.Println(r.Status, answer)
	// Output: 200 OK {"labels":[],"tokens":3
}
