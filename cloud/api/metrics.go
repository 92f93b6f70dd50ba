package api

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the API.
type Metrics struct {
	resets  prometheus.Counter
	streams prometheus.Gauge
}

// NewMetrics registers the API's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		resets:  prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_api_stream_resets_total", Help: "Viewers of the feed that were told to start anew."}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_api_streams", Help: "Viewers of the feed."}),
	}
	reg.MustRegister(m.resets, m.streams)
	return m
}
