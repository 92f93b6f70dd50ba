package police

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what a bridge does.
type Metrics struct {
	connected                                                                            prometheus.Gauge
	queued, sent, rejected, withheld, expired, phones, repeats, aside, failures, fetches prometheus.Counter
	heard, receipts, feedback                                                            *prometheus.CounterVec
	delay                                                                                prometheus.Histogram
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "cloud_police_" + name, Help: help})
		reg.MustRegister(c)
		return c
	}
	by := func(name, help, label string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloud_police_" + name, Help: help}, []string{label})
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		connected: prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_police_connected", Help: "1 while this cloud holds the link to the police's broker."}),
		queued:    counter("messages_queued_total", "Messages put into the outbox."),
		sent:      counter("messages_sent_total", "Attempts that the police's broker took, repeats too."),
		rejected:  counter("messages_rejected_total", "Attempts that the police's broker refused."),
		withheld:  counter("messages_withheld_total", "Messages that the agreement did not cover any more."),
		expired:   counter("messages_expired_total", "Messages that became too old before a receipt came."),
		phones:    counter("phone_total", "Times that people were told to phone, for want of a receipt."),
		repeats:   counter("repeats_total", "Messages of the police that had come before."),
		aside:     counter("aside_total", "Messages of the police that cannot be used."),
		failures:  counter("failures_total", "Work that failed and was tried again."),
		fetches:   counter("fetches_total", "One-time links that were used."),
		heard:     by("heard_total", "Messages of the police that can be read, repeats too, by kind.", "kind"),
		receipts:  by("receipts_total", "Receipts that count, by result.", "result"),
		feedback:  by("feedback_total", "Feedback that was looked at, by what became of it.", "outcome"),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cloud_police_receipt_seconds", Help: "From the message to its receipt.", Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 120, 600, 3600, 86400, 4 * 86400},
		}),
	}
	reg.MustRegister(m.connected, m.delay)
	return m
}
