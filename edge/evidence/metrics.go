package evidence

import "github.com/prometheus/client_golang/prometheus"

// Why a picture was given up.
const (
	gaveWay = "gave_way" // to a newer one, because the folder was full
	spoiled = "spoiled"  // its bytes are no longer what its name says
)

// Metrics are shared by the stages of all cameras, the folder and the uploader.
type Metrics struct {
	stored, sent              prometheus.Counter
	failed, dropped, attempts *prometheus.CounterVec
	pending, pendingBytes     prometheus.Gauge
	encode                    prometheus.Histogram
}

// NewMetrics registers the metrics of evidence.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		stored: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_evidence_pictures_stored_total", Help: "Pictures written to disk for an event.",
		}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_evidence_pictures_sent_total", Help: "Pictures that the cloud has said it holds.",
		}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_evidence_pictures_failed_total", Help: "Events that went on without a picture because it could not be kept.",
		}, []string{"camera"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_evidence_pictures_dropped_total", Help: "Stored pictures given up before the cloud had them, by reason.",
		}, []string{"reason"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_evidence_attempts_total", Help: "Attempts to send a picture, by outcome.",
		}, []string{"outcome"}),
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edge_evidence_pending_pictures", Help: "Pictures on disk that wait for the cloud.",
		}),
		pendingBytes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edge_evidence_pending_bytes", Help: "Bytes of the pictures that wait for the cloud.",
		}),
		encode: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "edge_evidence_encode_seconds", Help: "Wall time to make a JPEG of a frame.",
			Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1},
		}),
	}
	reg.MustRegister(m.stored, m.sent, m.failed, m.dropped, m.attempts, m.pending, m.pendingBytes, m.encode)
	return m
}
