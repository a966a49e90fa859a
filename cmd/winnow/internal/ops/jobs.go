package ops

import "github.com/prometheus/client_golang/prometheus"

// jobBounds are seconds: a job of some lines takes less than one, one of gigabytes hours. 900 is what an alert asks for.
var jobBounds = []float64{.5, 1, 5, 15, 60, 180, 450, 900, 1800, 3600, 14400, 86400}

// JobMetrics are how long jobs took from their start to their end, in seconds, by the state that they ended in.
func JobMetrics() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "winnow_job_seconds", Help: "How long jobs took from their start to their end.", Buckets: jobBounds,
	}, []string{"state"})
}
