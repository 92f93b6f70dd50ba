package notify

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/shared/event"
)

// Metrics count what a runner does.
type Metrics struct {
	planned  *prometheus.CounterVec
	messages *prometheus.CounterVec
	errors   *prometheus.CounterVec
	blocked  *prometheus.GaugeVec
	delay    *prometheus.HistogramVec
	failures prometheus.Counter
}

func newMetrics() *Metrics {
	return &Metrics{
		planned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cloud_notify_planned_total", Help: "Messages that this cloud has made, by robot and level.",
		}, []string{"robot", "level"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cloud_notify_messages_total", Help: "Messages by robot, level and what became of them; waiting counts tries in vain.",
		}, []string{"robot", "level", "state"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cloud_notify_errors_total", Help: "Tries that were not taken, by class of error.",
		}, []string{"robot", "class"}),
		blocked: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cloud_notify_blocked", Help: "1 while a platform takes nothing from a robot.",
		}, []string{"robot"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cloud_notify_delay_seconds", Help: "From when a message was made until the platform took it.",
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600},
		}, []string{"robot", "level"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cloud_notify_failures_total", Help: "Turns that the database failed and that were tried again.",
		}),
	}
}

// NewMetrics registers the metrics of this package.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := newMetrics()
	reg.MustRegister(m.planned, m.messages, m.errors, m.blocked, m.delay, m.failures)
	return m
}

func level(l event.Level) string { return strconv.Itoa(int(l)) }

func (m *Metrics) made(add []Message) {
	for _, a := range add {
		m.planned.WithLabelValues(a.Robot, level(a.Level)).Inc()
	}
}

func (m *Metrics) done(a Message, f Fate) {
	m.messages.WithLabelValues(a.Robot, level(a.Level), string(f.State)).Inc()
	if f.State == Sent && f.SentAt != nil {
		m.delay.WithLabelValues(a.Robot, level(a.Level)).Observe(f.SentAt.Sub(a.Made).Seconds())
	}
}
