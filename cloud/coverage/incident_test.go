package coverage_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/coverage"
	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

// TestASilentSiteIsOneIncident: from the database to what people handle, over a
// restart of the cloud.
func TestASilentSiteIsOneIncident(t *testing.T) { storetest.Each(t, silentSite) }

func silentSite(t *testing.T, s *store.Store) {
	for _, b := range []string{"gate-1", "gate-2"} {
		if err := s.AddBox(t.Context(), "garden", b, "hash"); err != nil {
			t.Fatal(err)
		}
		if err := s.Heard(t.Context(), "garden", b, "status", []byte(`{"online":true,"epoch":"01J0000000000000000000000A"}`)); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.DiscardHandler)
	watch := func() *coverage.Outages {
		return coverage.NewOutages(s, func() bool { return true }, func() {}, coverage.NewMetrics(prometheus.NewRegistry()), log)
	}
	look := func(w *coverage.Outages, from, to time.Duration) {
		t.Helper()
		for at := from; at <= to; at += 30 * time.Second {
			if err := w.Look(t.Context(), time.Now().Add(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	look(watch(), 0, 10*time.Minute)
	look(watch(), 10*time.Minute, 70*time.Minute)
	if n, err := s.Events(t.Context()); err != nil || n != 2 {
		t.Errorf("%d events (%v), want a start and, after an hour, a reminder", n, err)
	}
	engine := incident.New(s, incident.Options{Log: log, Metrics: incident.NewMetrics(prometheus.NewRegistry())})
	if _, err := engine.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := engine.List(t.Context(), incident.Filter{Limit: 10, Scope: incident.Everything})
	if err != nil || len(list) != 1 || list[0].Site != "garden" || list[0].Box != "" || list[0].Class != string(event.Offline) {
		t.Errorf("%+v, %v", list, err)
	}
}
