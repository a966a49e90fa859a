//go:build integration

package stream

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/test/broker"
)

// TestBrokerKill kills the only broker by SIGKILL and starts it again.
func TestBrokerKill(t *testing.T) {
	cluster := broker.Start(t)
	s := newScene(t, cluster, toKafka{}, "")
	s.brokerKilled(size(1, 5))
}

func (s *scene) brokerKilled(times int) {
	a, b := s.run(), s.run()
	s.feed.begin(*rate)
	for range times {
		time.Sleep(time.Duration(size(4, 10)) * time.Second)
		s.must(s.cluster.Kill(0))
		time.Sleep(time.Duration(size(2, 5)) * time.Second)
		s.must(s.cluster.Revive(0))
	}
	s.settle(size(60_000, 1_000_000))
	a.end()
	b.end()
}

// TestThreeBrokers kills the broker that leads and freezes another for 10 s.
func TestThreeBrokers(t *testing.T) {
	if !*torture {
		t.Skip("three brokers take minutes: `make torture-kafka` runs it")
	}
	cluster := broker.Start(t, broker.Nodes(3))
	s := newScene(t, cluster, toKafka{}, "")
	a, b := s.run(), s.run()
	s.feed.begin(*rate)
	for range 3 {
		time.Sleep(10 * time.Second)
		leading := s.leader()
		frozen := (leading + 1) % 3
		s.must(cluster.Kill(leading))
		time.Sleep(5 * time.Second)
		s.must(cluster.Pause(frozen))
		time.Sleep(10 * time.Second)
		s.must(cluster.Resume(frozen))
		s.must(cluster.Revive(leading))
	}
	s.settle(1_000_000)
	a.end()
	b.end()
}

// leader is the index of the broker that leads the first partition of the input.
func (s *scene) leader() int {
	s.t.Helper()
	meta, err := s.adm.Metadata(s.t.Context(), s.topic("in"))
	s.must(err)
	return int(meta.Topics[s.topic("in")].Partitions[0].Leader) - 1
}

// TestNetwork cuts the network to the broker, slows it, and resets connections.
func TestNetwork(t *testing.T) {
	cluster := broker.Start(t, broker.WithProxied)
	proxy := newProxy(t, cluster.Proxied, cluster.Upstreams)
	s := newScene(t, cluster, toKafka{}, "")
	s.connect = cluster.Proxied
	s.writeSpec("")
	a, b := s.run(), s.run()
	s.feed.begin(*rate)
	for range size(1, 2) {
		time.Sleep(5 * time.Second)
		proxy.with("timeout", `{"timeout": 0}`, time.Duration(size(8, 30))*time.Second) // data stops, connections stay
		time.Sleep(5 * time.Second)
		proxy.with("latency", `{"latency": 200}`, time.Duration(size(5, 15))*time.Second)
		for range size(2, 5) {
			proxy.with("reset_peer", `{"timeout": 100}`, 2*time.Second)
			time.Sleep(time.Second)
		}
	}
	s.settle(size(60_000, 1_000_000))
	a.end()
	b.end()
}

// faulty is a proxy before the broker.
type faulty struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

func newProxy(t *testing.T, listen, upstream string) *faulty {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, "kafka", listen, upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return &faulty{t: t, proxy: p}
}

// with puts a fault on the way from the broker and to it for a time.
func (f *faulty) with(kind, attributes string, d time.Duration) {
	f.t.Helper()
	for _, stream := range []string{"upstream", "downstream"} {
		body := `{"name":"` + stream + `","type":"` + kind + `","stream":"` + stream + `","toxicity":1,"attributes":` + attributes + `}`
		if _, err := f.proxy.Toxics.AddToxicJson(strings.NewReader(body)); err != nil {
			f.t.Fatal(err)
		}
	}
	time.Sleep(d)
	for _, stream := range []string{"upstream", "downstream"} {
		if err := f.proxy.Toxics.RemoveToxic(context.Background(), stream); err != nil {
			f.t.Fatal(err)
		}
	}
}
