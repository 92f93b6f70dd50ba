package evidence

import "github.com/prometheus/client_golang/prometheus"

// Why a file was given up.
const (
	gaveWay = "gave_way" // to a more urgent or newer one, because there was no room
	expired = "expired"  // it was too old, and the cloud has its event
	spoiled = "spoiled"  // its bytes are no longer what its name says
)

// What became of a clip.
const (
	kept     = "kept"
	cropped  = "cropped"  // kept, without all of its post-roll
	failed   = "failed"   // could not be made or stored
	unmasked = "unmasked" // not kept: its private areas could not be blackened
	tooMany  = "too_many" // not made: too many were under way
)

// Metrics are shared by the stages of all cameras, the folder and the uploader.
type Metrics struct {
	stored, sent, failed, dropped, attempts, clips, overflows *prometheus.CounterVec
	pending, pendingBytes, paused                             prometheus.Gauge
	ring                                                      *prometheus.GaugeVec
	encode, clip                                              prometheus.Histogram
}

// NewMetrics registers the metrics of evidence.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		reg.MustRegister(g)
		return g
	}
	histogram := func(name, help string, buckets ...float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		reg.MustRegister(h)
		return h
	}
	m := &Metrics{
		stored:    counter("edge_evidence_files_stored_total", "Files written to disk for an event.", "type"),
		sent:      counter("edge_evidence_files_sent_total", "Files that the cloud has said it holds.", "type"),
		dropped:   counter("edge_evidence_files_dropped_total", "Stored files given up before the cloud had them, by reason.", "reason", "level"),
		attempts:  counter("edge_evidence_attempts_total", "Attempts to send a file, by outcome.", "outcome"),
		failed:    counter("edge_evidence_pictures_failed_total", "Events that went on without a picture because it could not be kept.", "camera"),
		clips:     counter("edge_evidence_clips_total", "Clips of events, by what became of them.", "camera", "outcome"),
		overflows: counter("edge_evidence_ring_overflows_total", "Times that one group of pictures was larger than the ring.", "camera"),

		pending:      gauge("edge_evidence_pending_files", "Files on disk that wait for the cloud."),
		pendingBytes: gauge("edge_evidence_pending_bytes", "Bytes of the files that wait for the cloud."),
		paused:       gauge("edge_evidence_upload_paused", "1 while files wait because urgent events do."),
		ring: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_evidence_ring_bytes", Help: "Coded pictures held in memory for clips. A clip that is being made holds its own as well.",
		}, []string{"camera"}),

		encode: histogram("edge_evidence_encode_seconds", "Wall time to make a JPEG of a frame.", .002, .005, .01, .02, .05, .1, .2, .5, 1),
		clip:   histogram("edge_evidence_clip_seconds", "Wall time to make and store a clip once its last picture has come.", .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30),
	}
	reg.MustRegister(m.ring)
	return m
}
