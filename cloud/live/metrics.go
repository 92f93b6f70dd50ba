package live

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts who watches.
type Metrics struct {
	viewers, streams prometheus.Gauge
	bytes, skipped   prometheus.Counter
}

// NewMetrics registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		viewers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_live_viewers", Help: "Browsers that watch a camera."}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_live_streams", Help: "Cameras that are watched."}),
		bytes:   prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_live_bytes_total", Help: "Bytes of live pictures sent to browsers."}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_live_skipped_total", Help: "Live pictures left out because a browser's line was too slow."}),
	}
	reg.MustRegister(m.viewers, m.streams, m.bytes, m.skipped)
	return m
}
