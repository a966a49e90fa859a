package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// load is requests of one kind, as a server gets them.
type load struct {
	Name  string   `json:"name"`
	Texts int      `json:"texts"`          // of a request
	Rate  int      `json:"rate,omitempty"` // requests a second, whatever is answered; 0: as fast as answers come
	Runs  []loaded `json:"runs"`

	requests [][]byte // one after the other, again and again
}

// loaded is what a run of a load gave.
type loaded struct {
	measure // of the server

	Requests int     `json:"requests"`
	Latency  latency `json:"latency"`
}

const (
	// fullConnections ask at full load: enough for 2 CPUs to be never idle, and few enough for latencies to say something.
	fullConnections = 16
	// steadyConnections are as many as requests may be on their way at a rate; a request that finds none free waits, and
	// that counts.
	steadyConnections = 64
	// distinct is how many requests there are. They fit into the server's cache.
	distinct = 10_000
)

// requests are HTTP requests, ready to be sent, of so many texts each.
func (b *bench) requests(path string, texts int) [][]byte {
	all := make([][]byte, max(distinct/texts, 1))
	n := 0
	for i := range all {
		var list []string
		for range texts {
			list = append(list, b.corpus.Short(n))
			n++
		}
		var body []byte
		if texts == 1 {
			body, _ = json.Marshal(map[string]any{"text": list[0], "labels": json.RawMessage(serviceLabels)}) // texts can't fail
		} else {
			body, _ = json.Marshal(map[string]any{"texts": list, "labels": json.RawMessage(serviceLabels)})
		}
		all[i] = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	}
	return all
}

// put puts loads on a server in turn: once without counting, then as often as other commands run.
func (b *bench) put(s *service, loads ...*load) error {
	for run := range b.runs + 1 {
		for _, l := range loads {
			got, err := l.on(s, b.load)
			if err != nil {
				return fmt.Errorf("%s: %w", l.Name, err)
			}
			if run > 0 {
				l.Runs = append(l.Runs, got)
			}
		}
	}
	for _, l := range loads {
		fmt.Printf("  %-52s %8.3f µs CPU/text, %7.0f/s, p50 %.3g ms, p99 %.3g ms, %4.0f MiB\n", l.Name, l.cpu().median, l.rate().median,
			l.middle().median, l.most().median, l.rss().median)
	}
	return nil
}

// on asks a server for so long.
func (l *load) on(s *service, long time.Duration) (got loaded, err error) {
	connections := fullConnections
	if l.Rate > 0 {
		connections = steadyConnections
	}
	took := make([][]time.Duration, connections) // each connection's own
	got.measure, err = s.during(func() error {
		var next atomic.Int64
		begun := time.Now()
		var g errgroup.Group
		for i := range connections {
			g.Go(func() (err error) {
				took[i], err = l.connection(s.address, begun, long, &next)
				return err
			})
		}
		return g.Wait()
	})
	if err != nil {
		return got, err
	}
	all := slices.Concat(took...)
	if len(all) == 0 {
		return got, fmt.Errorf("nothing was asked in %v", long)
	}
	slices.Sort(all)
	got.Requests = len(all)
	got.Latency = latency{Median: milliseconds(all[len(all)/2]), Most: milliseconds(all[len(all)*99/100])}
	return got, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// connection asks over one connection until the time is over, and returns how long each answer took. It reads and writes
// by itself: an http.Client would cost as much as the server, whose CPUs it shares.
func (l *load) connection(address string, begun time.Time, long time.Duration, next *atomic.Int64) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	answers := bufio.NewReaderSize(conn, 64<<10)
	for {
		n := next.Add(1) - 1
		due := time.Now()
		if l.Rate > 0 {
			due = begun.Add(time.Duration(n) * time.Second / time.Duration(l.Rate))
			time.Sleep(time.Until(due))
		}
		if due.Sub(begun) >= long {
			return took, nil
		}
		if _, err := conn.Write(l.requests[int(n)%len(l.requests)]); err != nil {
			return nil, err
		}
		if err := readAnswer(answers); err != nil {
			return nil, err
		}
		took = append(took, time.Since(due))
	}
}

// readAnswer reads an answer, which has to be of success.
func readAnswer(from *bufio.Reader) error {
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body) // what there is of it
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func (l *load) spread(of func(loaded) float64) spread {
	v := make([]float64, len(l.Runs))
	for i, r := range l.Runs {
		v[i] = of(r)
	}
	return spreadOf(v)
}

// rate is requests a second, cpu the server's µs a text, middle and most milliseconds, rss MiB.
func (l *load) rate() spread {
	return l.spread(func(r loaded) float64 { return float64(r.Requests) / r.Wall.Seconds() })
}

func (l *load) cpu() spread {
	return l.spread(func(r loaded) float64 { return r.CPU.Seconds() * 1e6 / float64(r.Requests*l.Texts) })
}

func (l *load) middle() spread { return l.spread(func(r loaded) float64 { return r.Latency.Median }) }
func (l *load) most() spread   { return l.spread(func(r loaded) float64 { return r.Latency.Most }) }
func (l *load) rss() spread    { return l.spread(func(r loaded) float64 { return r.mebibytes() }) }

// writeLoads is a table with a row for each load.
func (c *contest) writeLoads(w *strings.Builder) {
	fmt.Fprintf(w, "\n| %s | requests/s | texts/s | CPU, µs a text | p50, ms | p99, ms | memory, MiB |\n|---|---|---|---|---|---|---|\n", c.Title)
	for _, l := range c.Loads {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", l.Name, thousands(l.rate().median), thousands(l.rate().median*float64(l.Texts)),
			l.cpu().format("%.3g"), l.middle().format("%.3g"), l.most().format("%.3g"), l.rss().format("%.0f"))
	}
}
