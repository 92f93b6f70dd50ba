package status

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"eastgate/shared/wire"
)

// A Check says whether one part of the box does its job. Detail is shown in any
// case; an error makes the whole box unhealthy and says what to do.
type Check struct {
	Name string
	Ask  func() (detail any, err error)
}

// Health is what /healthz answers.
type Health struct {
	OK      bool                `json:"ok"`
	Faults  []string            `json:"faults,omitempty"`
	Parts   map[string]any      `json:"parts"`
	Cameras []wire.CameraHealth `json:"cameras"`
}

// Handler serves /healthz and /metrics. /healthz answers 503 when a check fails
// or when there are cameras and none of them sends pictures; a single lost
// camera is shown but does not make the box unhealthy.
func (b *Board) Handler(reg *prometheus.Registry, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		h := b.health(checks)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !h.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(h)
	})
	return mux
}

func (b *Board) health(checks []Check) Health {
	h := Health{Parts: map[string]any{}, Cameras: b.Cameras()}
	for _, c := range checks {
		detail, err := c.Ask()
		h.Parts[c.Name] = detail
		if err != nil {
			h.Faults = append(h.Faults, c.Name+": "+err.Error())
		}
	}
	online := 0
	for _, c := range h.Cameras {
		if c.State == Online {
			online++
		}
	}
	if len(h.Cameras) > 0 && online == 0 {
		h.Faults = append(h.Faults, "cameras: none of them sends pictures")
	}
	h.OK = len(h.Faults) == 0
	return h
}
