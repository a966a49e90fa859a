package http_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
)

// A pipeline that takes records by HTTP and posts them on. It ends after two of them.
func Example() {
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("got\n%s", body)
	}))
	defer endpoint.Close()
	source, err := (&connector.SourceConfig{Listen: "127.0.0.1:0"}).NewSource(pipeline.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	sink, err := connector.SinkConfig{URL: endpoint.URL}.NewSink(pipeline.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := pipeline.New(pipeline.Config{Source: source, Sinks: []pipeline.NamedSink{{Name: "out", Sink: sink}}, Limit: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error)
	go func() {
		_, err := p.Run(context.Background())
		done <- err
	}()
	for len(p.Status().Splits) == 0 { // until it listens
		time.Sleep(time.Millisecond)
	}
	address := "http://" + source.(*connector.Source).Addr() + "/records"
	resp, err := http.Post(address, "application/x-ndjson", strings.NewReader("{\"id\":1}\n{\"id\":2}\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	fmt.Printf("%s\n%s", resp.Status, answer)
	fmt.Println(<-done)
	// Output:
	// got
	// {"id":1}
	// {"id":2}
	// 200 OK
	// {"read":2,"delivered":2,"dead":0,"dropped":0}
	// <nil>
}
