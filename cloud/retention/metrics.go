package retention

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what goes.
type Metrics struct{ deleted, failures prometheus.Counter }

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		deleted:  prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_retention_deleted_total", Help: "Pieces of evidence deleted because their time was over."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_retention_failures_total", Help: "Times that deleting failed."}),
	}
	reg.MustRegister(m.deleted, m.failures)
	return m
}
