package coverage

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the outages.
type Metrics struct {
	boxes           prometheus.Gauge
	begun, failures prometheus.Counter
}

// NewMetrics registers the metrics of outages.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		boxes:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_coverage_boxes_gone", Help: "Boxes that are not heard."}),
		begun:    prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_coverage_outages_total", Help: "Boxes and whole sites told as not heard."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_coverage_failures_total", Help: "Times that boxes could not be looked after."}),
	}
	reg.MustRegister(m.boxes, m.begun, m.failures)
	return m
}
