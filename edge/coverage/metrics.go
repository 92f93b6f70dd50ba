package coverage

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the ledger.
type Metrics struct {
	blind    *prometheus.GaugeVec
	pending  prometheus.Gauge
	jumps    prometheus.Counter
	failures prometheus.Counter
}

// NewMetrics registers the ledger's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		blind: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_coverage_blind", Help: "1 while a device is not watched, with the cause.",
		}, []string{"device", "cause"}),
		pending:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "edge_coverage_days_pending", Help: "Days of devices that the cloud does not hold as they are."}),
		jumps:    prometheus.NewCounter(prometheus.CounterOpts{Name: "edge_coverage_clock_jumps_total", Help: "Times that the wall clock was set by more than 2 s."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "edge_coverage_save_failures_total", Help: "Times that the ledger could not be saved."}),
	}
	reg.MustRegister(m.blind, m.pending, m.jumps, m.failures)
	return m
}

// seen notes how a device is; an empty cause says that it is watched.
func (m *Metrics) seen(device, cause string) {
	m.blind.DeletePartialMatch(prometheus.Labels{"device": device})
	if cause != "" {
		m.blind.WithLabelValues(device, cause).Set(1)
	}
}
