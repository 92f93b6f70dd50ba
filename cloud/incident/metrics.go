package incident

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the engine.
type Metrics struct {
	folded, failures prometheus.Counter
	steps            *prometheus.CounterVec
}

func newMetrics() *Metrics {
	return &Metrics{
		folded:   prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_incident_events_folded_total", Help: "Events folded into incidents."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_incident_fold_failures_total", Help: "Times that folding failed and was tried again."}),
		steps:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloud_incident_steps_total", Help: "Steps that people and the machine took, by action."}, []string{"action"}),
	}
}

// NewMetrics registers the engine's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := newMetrics()
	reg.MustRegister(m.folded, m.failures, m.steps)
	return m
}
