package incident

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the engine.
type Metrics struct{ folded, failures prometheus.Counter }

// NewMetrics registers the engine's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		folded:   prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_incident_events_folded_total", Help: "Events folded into incidents."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_incident_fold_failures_total", Help: "Times that folding failed and was tried again."}),
	}
	reg.MustRegister(m.folded, m.failures)
	return m
}
