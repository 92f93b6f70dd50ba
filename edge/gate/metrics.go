package gate

import "github.com/prometheus/client_golang/prometheus"

// Metrics are shared by the gates of all cameras.
type Metrics struct {
	admitted  *prometheus.CounterVec
	suspected *prometheus.CounterVec
	opened    *prometheus.CounterVec
	denied    *prometheus.CounterVec
	dismissed *prometheus.CounterVec
	leftOut   *prometheus.CounterVec
	probed    *prometheus.CounterVec
	untold    *prometheus.CounterVec

	load    prometheus.Gauge
	carried prometheus.Gauge
	closely prometheus.Gauge
	stride  prometheus.Gauge
}

// NewMetrics registers the gate's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"camera"}, labels...))
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &Metrics{
		admitted:  vec("edge_gate_packets_admitted_total", "Coded pictures that were worth decoding."),
		suspected: vec("edge_gate_suspicions_total", "Pictures in which the gate itself suspected something.", "urgency"),
		opened:    vec("edge_gate_openings_total", "Times that a camera was looked at closely.", "urgency"),
		denied:    vec("edge_gate_denied_total", "Wishes for a closer look for which the box had no time.", "urgency"),
		dismissed: vec("edge_gate_dismissed_total", "Closer looks that ended early, for something more urgent."),
		leftOut:   vec("edge_gate_key_pictures_left_out_total", "Key pictures that were not looked at for want of time."),
		probed:    vec("edge_gate_probes_total", "Pictures that were asked for their movement."),
		untold:    vec("edge_gate_probes_untold_total", "Pictures that could not tell their movement."),
		load:      gauge("edge_gate_cores_used", "Processor cores that this program uses."),
		carried:   gauge("edge_gate_cameras_carried", "Cameras such as these that this box can look at; 0 where not known."),
		closely:   gauge("edge_gate_cameras_open", "Cameras that are looked at closely."),
		stride:    gauge("edge_gate_stride", "Every how many-th key picture is looked at."),
	}
	reg.MustRegister(m.admitted, m.suspected, m.opened, m.denied, m.dismissed, m.leftOut, m.probed, m.untold, m.load, m.carried, m.closely, m.stride)
	return m
}

func (m *Metrics) budget(load float64, carries, open, stride int) {
	m.load.Set(load)
	m.carried.Set(float64(carries))
	m.closely.Set(float64(open))
	m.stride.Set(float64(stride))
}
