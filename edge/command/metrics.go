package command

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts commands.
type Metrics struct {
	results *prometheus.CounterVec
	left    prometheus.Counter
}

// NewMetrics registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "edge_command_results_total", Help: "Commands by how they ended."}, []string{"name", "state"}),
		left:    prometheus.NewCounter(prometheus.CounterOpts{Name: "edge_command_left_total", Help: "Commands that were not begun for want of room; they come again."}),
	}
	reg.MustRegister(m.results, m.left)
	return m
}
