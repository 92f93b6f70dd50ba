package camera

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by all cameras.
type Metrics struct {
	packets, bytes, dropped, lost, malformed, jumps, sessions *prometheus.CounterVec

	state, ahead *prometheus.GaugeVec
}

// NewMetrics registers the metrics of cameras.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"camera"}, labels...))
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		packets:   counter("edge_camera_packets_total", "Coded pictures received."),
		bytes:     counter("edge_camera_bytes_total", "Bytes of coded pictures received."),
		dropped:   counter("edge_camera_packets_dropped_total", "Coded pictures dropped up to a key picture: the next stage was full, or what they need was lost or not yet sent."),
		lost:      counter("edge_camera_rtp_lost_total", "RTP packets lost on the network."),
		malformed: counter("edge_camera_rtp_malformed_total", "RTP packets that could not be read."),
		jumps:     counter("edge_camera_time_jumps_total", "Jumps of the camera's media time, which was then counted on by the edge's clock."),
		sessions:  counter("edge_camera_sessions_ended_total", "Sessions that ended, by the state they led to; each is followed by a reconnect.", "state"),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_camera_state", Help: "1 for the state that the camera is in.",
		}, []string{"camera", "state"}),
	}
	m.ahead = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "edge_camera_clock_ahead_seconds", Help: "How far the camera's clock is ahead of the box's, from its newest RTCP sender report.",
	}, []string{"camera"})
	reg.MustRegister(m.state, m.ahead)
	return m
}

// meters are the metrics of one camera.
type meters struct {
	packets, bytes, dropped, lost, malformed, jumps prometheus.Counter

	ahead    prometheus.Gauge
	sessions *prometheus.CounterVec
	state    *prometheus.GaugeVec
}

func (m *Metrics) of(camera string) *meters {
	own := prometheus.Labels{"camera": camera}
	return &meters{
		packets: m.packets.With(own), bytes: m.bytes.With(own), dropped: m.dropped.With(own),
		lost: m.lost.With(own), malformed: m.malformed.With(own), jumps: m.jumps.With(own), ahead: m.ahead.With(own),
		sessions: m.sessions.MustCurryWith(own), state: m.state.MustCurryWith(own),
	}
}

func (m *meters) ended(word string) { m.sessions.WithLabelValues(word).Inc() }

func (m *meters) is(word string) {
	for _, w := range Words() {
		m.state.WithLabelValues(w).Set(0)
	}
	m.state.WithLabelValues(word).Set(1)
}
