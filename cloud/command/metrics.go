package command

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts commands.
type Metrics struct {
	sent    *prometheus.CounterVec
	ended   *prometheus.CounterVec
	waiting prometheus.Gauge
	unsaid  prometheus.Counter
}

// NewMetrics registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		sent:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloud_command_sent_total", Help: "Commands taken, by name."}, []string{"name"}),
		ended:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloud_command_ended_total", Help: "Commands by how they ended."}, []string{"state"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_command_waiting", Help: "Commands that no box has answered yet."}),
		unsaid:  prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_command_unsaid_total", Help: "Times that a command could not be said for want of a link to the broker."}),
	}
	reg.MustRegister(m.sent, m.ended, m.waiting, m.unsaid)
	return m
}
