package detect

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by the stages of all cameras.
type Metrics struct {
	judged  *prometheus.CounterVec
	failed  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

// NewMetrics registers the metrics of detection.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		judged: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_detect_frames_judged_total", Help: "Pictures that a detector has judged.",
		}, []string{"camera", "detector"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_detect_frames_failed_total", Help: "Pictures that a detector could not judge.",
		}, []string{"camera", "detector"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "edge_detect_seconds", Help: "Wall time that judging one picture took.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .5},
		}, []string{"detector"}),
	}
	reg.MustRegister(m.judged, m.failed, m.seconds)
	return m
}
