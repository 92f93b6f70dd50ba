package sensor

import "github.com/prometheus/client_golang/prometheus"

// Metrics are those of all sensors.
type Metrics struct {
	events   *prometheus.CounterVec
	readings *prometheus.CounterVec
	strange  *prometheus.CounterVec
	linked   *prometheus.GaugeVec
	standing *prometheus.GaugeVec
	failures prometheus.Counter
}

// NewMetrics registers the metrics of sensors.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_events_total", Help: "Events made.",
		}, []string{"sensor", "kind", "state", "status"}),
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_readings_total", Help: "Readings taken in, kept ones among them.",
		}, []string{"source"}),
		strange: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_readings_refused_total", Help: "Readings of no device or kind that is known here.",
		}, []string{"source"}),
		linked: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_sensor_source_linked", Help: "1 while the source's devices can be heard.",
		}, []string{"source"}),
		standing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "edge_sensor_standing", Help: "1 while something is told and not over.",
		}, []string{"sensor", "kind"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "edge_sensor_save_failures_total", Help: "Times that what is known of the sensors could not be written.",
		}),
	}
	reg.MustRegister(m.events, m.readings, m.strange, m.linked, m.standing, m.failures)
	return m
}
