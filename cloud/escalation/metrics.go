package escalation

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what a runner does.
type Metrics struct {
	reminders *prometheus.CounterVec
	failures  prometheus.Counter
}

func newMetrics() *Metrics {
	return &Metrics{
		reminders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cloud_escalation_reminders_total", Help: "Reminders raised by this cloud, by threshold.",
		}, []string{"threshold"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cloud_escalation_failures_total", Help: "Turns that failed and were tried again.",
		}),
	}
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := newMetrics()
	reg.MustRegister(m.reminders, m.failures)
	return m
}

func (m *Metrics) raised(reminders []Reminder) {
	for _, r := range reminders {
		m.reminders.WithLabelValues(r.Threshold).Inc()
	}
}
