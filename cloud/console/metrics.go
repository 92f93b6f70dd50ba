package console

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the console.
type Metrics struct{ requests prometheus.Counter }

// NewMetrics registers the console's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_console_requests_total", Help: "Requests to pages."})}
	reg.MustRegister(m.requests)
	return m
}
