package uplink

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the one uplink of a box.
type Metrics struct {
	messages, events, repeats, failures, badAcks, badCommands, clashes prometheus.Counter
	connected                                                          prometheus.Gauge
}

// NewMetrics registers the uplink's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		messages:    counter("edge_uplink_messages_total", "MQTT messages with events that were published."),
		events:      counter("edge_uplink_events_total", "Events published, repeats included."),
		repeats:     counter("edge_uplink_repeats_total", "Events published again because no acknowledgement came."),
		failures:    counter("edge_uplink_links_failed_total", "Links that could not be made or broke."),
		badAcks:     counter("edge_uplink_acks_dropped_total", "Acknowledgements that were unreadable or came too fast."),
		badCommands: counter("edge_uplink_commands_unreadable_total", "Commands that could not be read."),
		clashes:     counter("edge_uplink_identity_clashes_total", "Times that another box was heard under this box's name."),
		connected:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "edge_uplink_connected", Help: "1 while linked to the cloud's broker."}),
	}
	reg.MustRegister(m.connected)
	return m
}
