package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/camera"
	"eastgate/edge/confirm"
	"eastgate/edge/coverage"
	"eastgate/edge/decode"
	"eastgate/edge/detect"
	"eastgate/edge/evidence"
	"eastgate/edge/gate"
)

// metrics are those of the joints that app itself makes.
type metrics struct {
	skipped     *prometheus.CounterVec
	restarts    *prometheus.CounterVec
	held        prometheus.Gauge
	givenUp     prometheus.Counter
	unencodable prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		skipped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_detect_frames_skipped_total", Help: "Frames that a newer one replaced before they could be judged.",
		}, []string{"camera"}),
		restarts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_app_pipeline_restarts_total", Help: "Times that a camera's pipeline failed and was built anew.",
		}, []string{"camera"}),
		held: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edge_app_events_held", Help: "Events in memory because the outbox refuses them.",
		}),
		givenUp: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_app_events_given_up_total", Help: "Events lost because both the outbox and memory were full.",
		}),
		unencodable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_app_events_unencodable_total", Help: "Events that broke the contract; a fault of this program.",
		}),
	}
	reg.MustRegister(m.skipped, m.restarts, m.held, m.givenUp, m.unencodable)
	return m
}

// stageMetrics are shared by the stages of all cameras.
type stageMetrics struct {
	camera   *camera.Metrics
	gate     *gate.Metrics
	decode   *decode.Metrics
	detect   *detect.Metrics
	confirm  *confirm.Metrics
	evidence *evidence.Metrics
	coverage *coverage.Metrics
}

func newStageMetrics(reg prometheus.Registerer) stageMetrics {
	return stageMetrics{
		camera.NewMetrics(reg), gate.NewMetrics(reg), decode.NewMetrics(reg),
		detect.NewMetrics(reg), confirm.NewMetrics(reg), evidence.NewMetrics(reg), coverage.NewMetrics(reg),
	}
}
