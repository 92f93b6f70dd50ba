package console

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the console.
type Metrics struct {
	requests, resets prometheus.Counter
	streams          prometheus.Gauge
}

// NewMetrics registers the console's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_console_requests_total", Help: "Requests to pages and API."}),
		resets:   prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_console_stream_resets_total", Help: "Viewers of the feed that were told to start anew."}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_console_streams", Help: "Viewers of the feed."}),
	}
	reg.MustRegister(m.requests, m.resets, m.streams)
	return m
}
