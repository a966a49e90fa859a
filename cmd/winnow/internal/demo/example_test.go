package demo_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/demo"
)

func ExampleCluster() {
	c, err := demo.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	go c.Produce(ctx, 100)
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Broker), kgo.ConsumeTopics(demo.Input))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cl.Close()
	for _, r := range cl.PollRecords(ctx, 1).Records() {
		fmt.Println(strings.Contains(string(r.Value), `"text":`))
	}
	// Output: true
}
