package ops

import (
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
)

// metrics are made from one Status at each scrape. Counters are as of the last commit, so that they don't go back when an
// epoch of a stream is aborted.
type metrics struct {
	status func() pipeline.Status
	descs  []*prometheus.Desc

	records, unlabelled, labels, confidence, tokens *prometheus.Desc
	lag, age, stalled                               *prometheus.Desc
	commit, classify, epochs, lastCommit, rejoins   *prometheus.Desc
	bytes, drift, ready, phase, generation, reloads *prometheus.Desc
	asked, answered, stageTime                      *prometheus.Desc
}

var _ prometheus.Collector = (*metrics)(nil)

// registry holds the pipeline's metrics, and those of every process.
func registry(cfg Config) *prometheus.Registry {
	r := Registry(cfg.Version)
	r.MustRegister(newMetrics(cfg))
	if cfg.Plugins != nil {
		r.MustRegister(PluginMetrics(cfg.Name, cfg.Plugins))
	}
	return r
}

// Registry holds what every process of winnow shows: its version, the Go runtime and the process itself.
func Registry(version string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "winnow_build_info", Help: "1, with the version of winnow and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	r.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func newMetrics(cfg Config) *metrics {
	m := &metrics{status: cfg.Status}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		d := prometheus.NewDesc("winnow_"+name, help, labels, prometheus.Labels{"pipeline": cfg.Name})
		m.descs = append(m.descs, d)
		return d
	}
	m.records = desc("records_total", "Records by what became of them: delivered, dead (rejected) or dropped by a rule.", "outcome")
	m.labels = desc("label_total", "Records by label. In multi mode a record counts for each of its labels.", "label")
	m.unlabelled = desc("unlabelled_total", "Records that got no label, by why: null_text, no_known_words, abstained, or below_threshold in multi mode.", "reason")
	m.confidence = desc("confidence", "Confidences of the labels given.")
	m.asked = desc("stage_asked_total", "Texts that a stage of a cascade was given.", "stage", "classifier")
	m.answered = desc("stage_answered_total", "Texts of which a cascade gives this stage's answer.", "stage", "classifier")
	m.stageTime = desc("stage_seconds_total", "Time in a stage's calls, summed over those that ran at once.", "stage", "classifier")
	m.tokens = desc("tokens_total", "Tokens that the classifier read.")
	m.lag = desc("lag_records", "Records of a split that can be read and have no outcome yet.", "split")
	m.age = desc("watermark_age_seconds", "How old the newest record of a split is that has its outcome; 0 where nothing is left to read.", "split")
	m.stalled = desc("stalled_splits", "Splits with records to read that made no progress for stall_timeout.")
	m.commit = desc("commit_seconds", "How long commits took.")
	m.classify = desc("classify_seconds", "How long batches took to classify.")
	m.epochs = desc("epochs_total", "Epochs by outcome: committed, or aborted and read again.", "outcome")
	m.lastCommit = desc("last_commit_timestamp_seconds", "When the last commit ended.")
	m.rejoins = desc("rejoins_total", "How often the stream's group had to be joined again.")
	m.bytes = desc("bytes_in_flight", "Bytes of records between source and sinks.")
	m.drift = desc("drift", "Population stability index of the last records' labels against the first ones'.")
	m.ready = desc("ready", "1 where /readyz says 200.")
	m.phase = desc("phase", "1, with the phase that the pipeline is in.", "phase")
	m.generation = desc("generation", "Specs that the process has worked by.")
	m.reloads = desc("reload_total", "Reloads by outcome: done, or refused.", "outcome")
	return m
}

// Describe lists the metrics.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range m.descs {
		out <- d
	}
}

// Collect takes a status and sends what it says.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	st := m.status()
	s := sender{out}
	s.count(m.records, st.Committed.Delivered, "delivered")
	s.count(m.records, st.Committed.Dead, "dead")
	s.count(m.records, st.Committed.Dropped, "dropped")
	s.tally(m, &st.CommittedTally)
	s.stages(m, st.Stages)
	s.histogram(m.commit, &st.CommitTimes)
	s.histogram(m.classify, &st.ClassifyTimes)
	s.count(m.epochs, st.Commits, "committed")
	s.count(m.epochs, st.Aborted, "aborted")
	if !st.LastCommit.IsZero() {
		s.gauge(m.lastCommit, float64(st.LastCommit.UnixMilli())/1000)
	}
	s.gauge(m.bytes, float64(st.Memory))
	s.gauge(m.phase, 1, string(st.Phase))
	ready := 0.0
	if ReadinessOf(&st).Ready {
		ready = 1
	}
	s.gauge(m.ready, ready)
	if st.Stream {
		s.stream(m, &st)
	}
}

// sender makes metrics of values.
type sender struct{ out chan<- prometheus.Metric }

func (s sender) count(d *prometheus.Desc, n int64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func (s sender) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (s sender) histogram(d *prometheus.Desc, h *pipeline.Histogram, labels ...string) {
	buckets := make(map[float64]uint64, len(pipeline.DurationBounds))
	var n uint64
	for i, bound := range pipeline.DurationBounds {
		n += uint64(h.Counts[i])
		buckets[bound] = n
	}
	s.out <- prometheus.MustNewConstHistogram(d, uint64(h.Count()), h.Sum.Seconds(), buckets, labels...)
}

func (s sender) tally(m *metrics, t *pipeline.Tally) {
	for _, l := range t.Labels {
		s.count(m.labels, l.Count, l.Name)
	}
	s.unlabelled(m, t)
	s.count(m.tokens, t.Tokens)
	buckets := make(map[float64]uint64, len(t.Histogram))
	var n uint64
	for i, c := range t.Histogram {
		n += uint64(c)
		buckets[float64(i+1)/float64(len(t.Histogram))] = n
	}
	s.out <- prometheus.MustNewConstHistogram(m.confidence, n, t.ConfidenceSum, buckets)
}

func (s sender) stages(m *metrics, stages []classify.StageReport) {
	for i, r := range stages {
		stage := strconv.Itoa(i + 1)
		s.count(m.asked, r.Asked, stage, r.Version)
		s.count(m.answered, r.Answered, stage, r.Version)
		s.out <- prometheus.MustNewConstMetric(m.stageTime, prometheus.CounterValue, r.Time.Seconds(), stage, r.Version)
	}
}

func (s sender) unlabelled(m *metrics, t *pipeline.Tally) {
	rest := t.Null // an honest empty list has no reason of its own
	for _, r := range []classify.Reason{classify.NullText, classify.NoKnownWords, classify.Abstained} {
		n := t.NullReason[r.String()]
		s.count(m.unlabelled, n, r.String())
		rest -= n
	}
	s.count(m.unlabelled, rest, "below_threshold")
}

func (s sender) stream(m *metrics, st *pipeline.Status) {
	now := time.Now()
	for _, split := range st.Splits {
		if !split.Counted {
			continue
		}
		s.gauge(m.lag, float64(split.Lag), split.ID)
		if !split.Watermark.IsZero() {
			age := 0.0
			if split.Lag > 0 {
				age = max(now.Sub(split.Watermark).Seconds(), 0)
			}
			s.gauge(m.age, age, split.ID)
		}
	}
	s.gauge(m.stalled, float64(len(st.Stalled)))
	s.count(m.rejoins, st.Rejoins)
	if st.Drift != nil {
		s.gauge(m.drift, st.Drift.PSI)
	}
	s.gauge(m.generation, float64(st.Generation))
	s.count(m.reloads, st.Reloads.Done, "done")
	s.count(m.reloads, st.Reloads.Refused, "refused")
}
