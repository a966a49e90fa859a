package ops

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/winnow-stream/winnow/plugins/host"
)

// pluginMetrics are made at each scrape from what the host counts of each plugin and kind.
type pluginMetrics struct {
	status func() []host.Status
	descs  []*prometheus.Desc

	restarts, inFlight, rows, seconds, resident, cpu *prometheus.Desc
}

var _ prometheus.Collector = (*pluginMetrics)(nil)

// PluginMetrics are those of the plugins that status tells of, under a pipeline's name; a server has none.
func PluginMetrics(pipeline string, status func() []host.Status) prometheus.Collector {
	m := &pluginMetrics{status: status}
	desc := func(name, help string) *prometheus.Desc {
		d := prometheus.NewDesc("winnow_plugin_"+name, help, []string{"plugin", "kind"}, prometheus.Labels{"pipeline": pipeline})
		m.descs = append(m.descs, d)
		return d
	}
	m.restarts = desc("restarts_total", "Processes of the plugin that ended and should not have.")
	m.inFlight = desc("calls_in_flight", "Calls that wait for the plugin.")
	m.rows = desc("rows_total", "Records that went through the plugin.")
	m.seconds = desc("call_seconds", "How long the plugin took for a batch.")
	m.resident = desc("resident_bytes", "Memory of the plugin's processes, as it was last looked at.")
	m.cpu = desc("cpu_seconds_total", "User and system time of the plugin's process, from its start.")
	return m
}

// Describe lists the metrics.
func (m *pluginMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range m.descs {
		out <- d
	}
}

// Collect sends what the plugins did.
func (m *pluginMetrics) Collect(out chan<- prometheus.Metric) {
	s := sender{out}
	for _, p := range m.status() {
		s.count(m.restarts, p.Restarts, p.Plugin, p.Kind)
		s.gauge(m.inFlight, float64(p.InFlight), p.Plugin, p.Kind)
		s.count(m.rows, p.Rows, p.Plugin, p.Kind)
		s.histogram(m.seconds, &p.Calls, p.Plugin, p.Kind)
		s.gauge(m.resident, float64(p.Resident), p.Plugin, p.Kind)
		out <- prometheus.MustNewConstMetric(m.cpu, prometheus.CounterValue, p.CPU.Seconds(), p.Plugin, p.Kind)
	}
}
