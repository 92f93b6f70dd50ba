package gate

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by the gates of all cameras.
type Metrics struct{ admitted *prometheus.CounterVec }

// NewMetrics registers the gate's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{admitted: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "edge_gate_packets_admitted_total",
		Help: "Coded pictures that were worth decoding.",
	}, []string{"camera"})}
	reg.MustRegister(m.admitted)
	return m
}
