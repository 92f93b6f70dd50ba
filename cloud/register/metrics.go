package register

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the register's figures.
type Metrics struct {
	rows     *prometheus.CounterVec
	failures prometheus.Counter
}

// NewMetrics registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cloud_register_rows_total", Help: "Rows written to the register of access, by act and result.",
		}, []string{"act", "result"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cloud_register_failures_total", Help: "Rows that could not be written; what they told of was refused.",
		}),
	}
	reg.MustRegister(m.rows, m.failures)
	return m
}
