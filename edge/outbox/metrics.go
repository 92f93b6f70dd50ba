package outbox

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are those of one outbox.
type Metrics struct {
	put, refused, acked, givenUp *prometheus.CounterVec
	waiting                      *prometheus.GaugeVec
	bytes, shortage              prometheus.Gauge
	compactions                  prometheus.Counter
	commit                       prometheus.Histogram
}

// NewMetrics registers the metrics of an outbox.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"priority"})
		for p := 1; p <= Priorities; p++ {
			c.WithLabelValues(label(p))
		}
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		put:     counter("edge_outbox_put_total", "Messages stored."),
		refused: counter("edge_outbox_refused_total", "Messages that could not be stored; their sender was told."),
		acked:   counter("edge_outbox_acked_total", "Messages removed because the cloud has them."),
		givenUp: counter("edge_outbox_given_up_total", "Messages lost to make room for more urgent ones, or because their record was damaged."),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_outbox_waiting", Help: "Messages that wait for the cloud.",
		}, []string{"priority"}),
		bytes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edge_outbox_bytes", Help: "Bytes that waiting messages take.",
		}),
		shortage: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "edge_outbox_disk_short", Help: "1 while the disk has less room than it shall keep.",
		}),
		compactions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_outbox_compactions_total", Help: "Times that the file was made smaller while in use.",
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "edge_outbox_commit_seconds", Help: "Time until a write was on the disk, waiting for others included.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 13),
		}),
	}
	reg.MustRegister(m.waiting, m.bytes, m.shortage, m.compactions, m.commit)
	return m
}

func (m *Metrics) start(s Stats) {
	for i, n := range s.Waiting {
		m.waiting.WithLabelValues(label(i + 1)).Set(float64(n))
	}
	m.bytes.Set(float64(s.Bytes))
}

func (m *Metrics) short(yes bool) {
	m.shortage.Set(0)
	if yes {
		m.shortage.Set(1)
	}
}

func label(priority int) string { return strconv.Itoa(priority) }
