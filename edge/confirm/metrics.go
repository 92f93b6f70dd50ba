package confirm

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by the confirmers of all cameras.
type Metrics struct {
	events  *prometheus.CounterVec
	refused *prometheus.CounterVec
}

// NewMetrics registers the metrics of confirmation.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_confirm_events_total", Help: "Events made.",
		}, []string{"camera", "kind", "state"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_confirm_cases_refused_total", Help: "Findings not followed because too many were open at once.",
		}, []string{"camera"}),
	}
	reg.MustRegister(m.events, m.refused)
	return m
}
