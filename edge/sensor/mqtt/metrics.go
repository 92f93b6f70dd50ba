package mqtt

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of all conventions.
type Metrics struct {
	messages  *prometheus.CounterVec
	unread    *prometheus.CounterVec
	forbidden *prometheus.CounterVec
	overflows prometheus.Counter
}

// NewMetrics registers the metrics of the devices' broker.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_mqtt_messages_total", Help: "Messages that came.",
		}, []string{"source"}),
		unread: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_mqtt_unread_total", Help: "Messages that could not be read, or told nothing that is known.",
		}, []string{"source"}),
		forbidden: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_mqtt_forbidden_total", Help: "Messages, or parts of them, about persons; dropped unread.",
		}, []string{"source", "what"}),
		overflows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_sensor_mqtt_overflows_total", Help: "Times that a link was given up because messages came too fast.",
		}),
	}
	reg.MustRegister(m.messages, m.unread, m.forbidden, m.overflows)
	return m
}

func (m *Metrics) drop(source, what string) { m.forbidden.WithLabelValues(source, what).Inc() }
