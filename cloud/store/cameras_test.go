package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"eastgate/cloud/camera"
	"eastgate/cloud/plan"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/wire"
)

var yard = camera.Name{Site: "garden", Box: "gate-1", Camera: "yard"}

func TestCameraSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, at := t.Context(), time.UnixMilli(1_790_000_000_123).UTC()
		v := camera.Version{Version: 1, Settings: json.RawMessage(`{"zones":{}}`), Who: "lead", Why: "empty", At: at}
		if err := s.AddCameraSettings(ctx, yard, v); err != nil {
			t.Fatal(err)
		}
		v.Why = "again"
		if err := s.AddCameraSettings(ctx, yard, v); !errors.Is(err, camera.ErrConflict) {
			t.Errorf("the same version twice: %v", err)
		}
		v.Version = 2
		if err := errors.Join(s.AddCameraSettings(ctx, yard, v), s.CameraSettingsAre(ctx, yard, camera.Version{Version: 2, Command: "01K", State: camera.Refused, Problem: "no"})); err != nil {
			t.Fatal(err)
		}
		list, err := s.CameraSettings(ctx, yard, 0)
		if err != nil || len(list) != 2 || list[0].Version != 2 || list[0].Command != "01K" || list[0].State != camera.Refused || list[0].Problem != "no" || list[1].State != camera.Unsent || list[1].Why != "empty" || list[1].Command != "" || !list[1].At.Equal(at) || string(list[1].Settings) != `{"zones":{}}` {
			t.Errorf("%+v %v", list, err)
		}
		if list, err = s.CameraSettings(ctx, yard, 1); err != nil || len(list) != 1 || list[0].Version != 2 {
			t.Errorf("the newest: %+v %v", list, err)
		}
		other := yard
		other.Camera = "gate"
		if list, err = s.CameraSettings(ctx, other, 0); err != nil || len(list) != 0 {
			t.Errorf("another camera: %+v %v", list, err)
		}
	})
}

func TestStillsAreTheNewest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for n := range 5 {
			still := camera.Still{SHA256: fmt.Sprintf("%064d", n), At: time.UnixMilli(int64(1000 * n)).UTC(), Who: "lead", Width: 640, Height: 480, Told: json.RawMessage(`{"version":3}`)}
			if err := s.AddStill(t.Context(), yard, still, 3); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Stills(t.Context(), yard)
		if err != nil || len(list) != 3 || list[0].SHA256 != fmt.Sprintf("%064d", 4) || list[2].At.UnixMilli() != 2000 || list[0].Height != 480 || string(list[0].Told) != `{"version":3}` {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestBoxReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, box := range []string{"gate-1", "gate-2", "gate-3"} {
			if err := s.AddBox(ctx, "garden", box, "x"); err != nil {
				t.Fatal(err)
			}
		}
		say := func(box, what string, v any) {
			t.Helper()
			body, err := json.Marshal(v)
			if err == nil {
				err = s.Heard(ctx, "garden", box, what, body)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		ahead := int64(-400)
		health := wire.BoxHealth{Cameras: []wire.CameraHealth{{Camera: "yard", Name: "Yard", State: "online", Zones: &wire.ZonesState{Version: 3}, ClockAheadMS: &ahead}}}
		say("gate-1", "health", health)
		say("gate-2", "health", health)
		say("gate-2", "status", wire.BoxStatus{Epoch: wire.NewEpoch()})
		say("gate-3", "status", wire.BoxStatus{Epoch: wire.NewEpoch(), Online: true}) // and nothing of its cameras
		list, err := s.BoxReports(ctx)
		if err != nil || len(list) != 2 || !list[0].Online || list[1].Online || time.Since(list[0].Heard) > time.Minute {
			t.Fatalf("%+v %v", list, err)
		}
		if c := list[0].Health.Cameras[0]; c.Zones == nil || c.Zones.Version != 3 || *c.ClockAheadMS != -400 {
			t.Errorf("%+v", c)
		}
		if err := s.RevokeBox(ctx, "garden", "gate-1"); err != nil {
			t.Fatal(err)
		}
		if list, err = s.BoxReports(ctx); err != nil || len(list) != 1 {
			t.Errorf("a revoked box: %+v %v", list, err)
		}
	})
}

func TestPlans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		p, err := s.Plan(ctx, "dongguan/c3")
		if err != nil || p.Version != 0 || p.Place != "dongguan/c3" {
			t.Fatalf("%+v %v", p, err)
		}
		p.Image, p.Width, p.Height, p.Who, p.At = "ab", 30, 20, "sys", time.UnixMilli(5000).UTC()
		p.Positions = map[string]plan.Position{"b07": {0.25, 0.5}}
		if err := s.SavePlan(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := s.SavePlan(ctx, p); !errors.Is(err, plan.ErrConflict) {
			t.Errorf("an older version: %v", err)
		}
		p.Version = 1
		if err := s.SavePlan(ctx, p); err != nil {
			t.Error(err)
		}
		got, err := s.Plan(ctx, "dongguan/c3")
		if err != nil || got.Version != 2 || got.Positions["b07"] != (plan.Position{0.25, 0.5}) || got.Width != 30 || !got.At.Equal(p.At) {
			t.Errorf("%+v %v", got, err)
		}
	})
}
