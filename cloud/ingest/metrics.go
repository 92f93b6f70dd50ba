package ingest

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of the ingest.
type Metrics struct {
	stored, repeats, refused, failures, dropped, unreadable, clashes, connections, asked, lost, covered prometheus.Counter
	gaps                                                                                                prometheus.Gauge
}

// NewMetrics registers the ingest's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		reg.MustRegister(c)
		return c
	}
	m := &Metrics{
		stored:      counter("cloud_ingest_events_total", "Events stored for the first time."),
		repeats:     counter("cloud_ingest_repeats_total", "Events that were stored already and are acknowledged again."),
		refused:     counter("cloud_ingest_refused_total", "Items kept aside because they break the contract."),
		failures:    counter("cloud_ingest_failures_total", "Messages not acknowledged because they could not be stored."),
		dropped:     counter("cloud_ingest_dropped_total", "Messages dropped because too many waited for the store; boxes send them again."),
		unreadable:  counter("cloud_ingest_unreadable_total", "Messages that could not be read."),
		clashes:     counter("cloud_ingest_identity_clashes_total", "Signs of two boxes under one identity."),
		connections: counter("cloud_ingest_links_failed_total", "Links to the broker that could not be made or broke."),
		asked:       counter("cloud_ingest_resends_asked_total", "Times that a box was asked to send again what lacks."),
		lost:        counter("cloud_ingest_events_missing_total", "Events that never came and that no box has told of giving up."),
		covered:     counter("cloud_ingest_coverage_days_total", "Days of coverage committed, repeats included."),
		gaps:        prometheus.NewGauge(prometheus.GaugeOpts{Name: "cloud_ingest_gaps", Help: "Gaps in what boxes send, explained ones included."}),
	}
	reg.MustRegister(m.gaps)
	return m
}
