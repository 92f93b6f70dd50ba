package live

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what goes out.
type Metrics struct {
	uploads        prometheus.Gauge
	bytes, skipped prometheus.Counter
}

// NewMetrics registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		uploads: prometheus.NewGauge(prometheus.GaugeOpts{Name: "edge_live_uploads", Help: "Cameras that are being watched."}),
		bytes:   prometheus.NewCounter(prometheus.CounterOpts{Name: "edge_live_bytes_total", Help: "Bytes of live pictures that went out."}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{Name: "edge_live_skipped_total", Help: "Live pictures left out because the line was too slow."}),
	}
	reg.MustRegister(m.uploads, m.bytes, m.skipped)
	return m
}
