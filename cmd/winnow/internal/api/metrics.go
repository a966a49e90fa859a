package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
)

// metrics are what /metrics shows of the server.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	texts    prometheus.Counter
	tokens   prometheus.Counter
}

// seconds of requests: a text takes a fraction of a millisecond, a thousand some.
var requestBounds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}

func newMetrics(cfg *Config, answers *cache.Cache) *metrics {
	m := &metrics{
		registry: ops.Registry(cfg.Version),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "winnow_http_requests_total", Help: "Requests by route, method and status."}, []string{"route", "method", "status"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "winnow_http_request_seconds", Help: "How long requests took.", Buckets: requestBounds}, []string{"route"}),
		texts:    prometheus.NewCounter(prometheus.CounterOpts{Name: "winnow_http_texts_total", Help: "Texts that requests asked for."}),
		tokens:   prometheus.NewCounter(prometheus.CounterOpts{Name: "winnow_http_tokens_total", Help: "Tokens of these texts."}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.texts, m.tokens)
	m.registry.MustRegister(cfg.Metrics...)
	if answers != nil {
		m.registry.MustRegister(
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "winnow_cache_hits_total", Help: "Texts whose answer was kept."}, func() float64 { return float64(answers.Stats().Hits) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "winnow_cache_misses_total", Help: "Texts that a classifier was asked for."}, func() float64 { return float64(answers.Stats().Misses) }),
		)
	}
	return m
}

// request counts one that has ended.
func (m *metrics) request(c *call, took time.Duration) {
	m.requests.WithLabelValues(c.route.path, c.route.logged(c.r.Method), strconv.Itoa(c.status)).Inc()
	m.seconds.WithLabelValues(c.route.path).Observe(took.Seconds())
}

// answered counts the texts of a request.
func (m *metrics) answered(a *asking) {
	tokens := 0
	for _, n := range a.results.Tokens {
		tokens += int(n)
	}
	m.texts.Add(float64(len(a.results.Tokens)))
	m.tokens.Add(float64(tokens))
}
