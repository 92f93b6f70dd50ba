package decode

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by the decoders of all cameras.
type Metrics struct {
	decoded, skipped, faults, converted, streams *prometheus.CounterVec
	live                                         prometheus.Gauge
}

// NewMetrics registers the decoder's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"camera"})
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		decoded:   counter("edge_decode_frames_total", "Frames decoded and handed on."),
		skipped:   counter("edge_decode_packets_skipped_total", "Coded pictures passed over while waiting for a key picture."),
		faults:    counter("edge_decode_faults_total", "Coded pictures that could not be decoded whole."),
		converted: counter("edge_decode_frames_converted_total", "Frames whose pixel format had to be converted."),
		streams:   counter("edge_decode_streams_total", "Streams opened: one more each time codec or parameters change."),
		live: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edge_decode_frames_live", Help: "Decoded frames that somebody still holds.",
		}),
	}
	reg.MustRegister(m.live)
	return m
}
