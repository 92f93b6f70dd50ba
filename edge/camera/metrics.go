package camera

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by all cameras.
type Metrics struct {
	packets, bytes, dropped, lost, sessions *prometheus.CounterVec
	online                                  *prometheus.GaugeVec
}

// NewMetrics registers the metrics of cameras.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"camera"}, labels...))
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		packets:  counter("edge_camera_packets_total", "Coded pictures received."),
		bytes:    counter("edge_camera_bytes_total", "Bytes of coded pictures received."),
		dropped:  counter("edge_camera_packets_dropped_total", "Coded pictures dropped because the next stage was full."),
		lost:     counter("edge_camera_rtp_lost_total", "RTP packets lost on the network."),
		sessions: counter("edge_camera_sessions_ended_total", "Sessions that ended, by the state they led to.", "state"),
		online: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_camera_online", Help: "1 while the camera sends pictures.",
		}, []string{"camera"}),
	}
	reg.MustRegister(m.online)
	return m
}
