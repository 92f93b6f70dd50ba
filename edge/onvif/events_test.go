package onvif_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"eastgate/edge/onvif"
	"eastgate/edge/onvif/onviftest"
)

func mustBase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var input = map[string]string{"InputToken": "1"}

func pull(t *testing.T, s *onvif.Subscription) []onvif.Notification {
	t.Helper()
	got, err := s.Pull(t.Context(), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEventsArePulled(t *testing.T) {
	sim := start(t, onviftest.Config{Username: "eastgate", Password: "word"})
	const topic = "tns1:Device/Trigger/tns1:DigitalInput"
	sim.Set(topic, input, map[string]string{"LogicalState": "false"})
	s, err := dial(t, sim, "eastgate", "word").Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := pull(t, s); len(got) != 1 || got[0].Topic != "Device/Trigger/DigitalInput" || got[0].Operation != onvif.Initialized || got[0].Source["InputToken"] != "1" || got[0].Data["LogicalState"] != "false" {
		t.Errorf("at first: %+v", got)
	}
	sim.Set(topic, input, map[string]string{"LogicalState": "true"})
	if got := pull(t, s); len(got) != 1 || got[0].Operation != onvif.Changed || got[0].Data["LogicalState"] != "true" || time.Since(got[0].At).Abs() > time.Minute {
		t.Errorf("then: %+v", got)
	}
	sim.Emit("tns1:RuleEngine/LineDetector/Crossed", map[string]string{"Rule": "door"}, map[string]string{"ObjectId": "15"})
	if got := pull(t, s); len(got) != 1 || got[0].Operation != "" {
		t.Errorf("without state: %+v", got)
	}
	sim.Delete(topic, input)
	if got := pull(t, s); len(got) != 1 || got[0].Operation != onvif.Deleted {
		t.Errorf("deleted: %+v", got)
	}
	if got, err := s.Pull(t.Context(), time.Millisecond); err != nil || len(got) != 0 {
		t.Errorf("nothing: %+v, %v", got, err)
	}
	if err := s.Unsubscribe(t.Context()); err != nil || sim.Subscriptions() != 0 {
		t.Errorf("unsubscribe: %v, %d left", err, sim.Subscriptions())
	}
}

func TestASubscriptionThatDiesIsKnown(t *testing.T) {
	sim := start(t, onviftest.Config{})
	s, err := dial(t, sim, "", "").Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sim.Restart()
	_, err = s.Pull(t.Context(), 20*time.Second)
	if f := (*onvif.Fault)(nil); !errors.As(err, &f) || f.Subcodes[0] != "ResourceUnknownFault" {
		t.Errorf("got %v", err)
	}
}

func TestSubscriptionsAreRenewed(t *testing.T) {
	for _, cfg := range []onviftest.Config{{}, {NoRenew: true}} {
		sim := start(t, cfg)
		s, err := dial(t, sim, "", "").Subscribe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Renew()
		for range 2 {
			if _, err := s.Pull(t.Context(), 0); err != nil {
				t.Error(err)
			}
		}
		if n := sim.Asked("Renew"); n != 1 {
			t.Errorf("renewed %d times", n)
		}
	}
}
