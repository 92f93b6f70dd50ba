package onvif

import (
	"testing"
	"time"
)

// Renew makes the next Pull renew the subscription, as it would after a minute.
func (s *Subscription) Renew() { s.renewed = time.Now().Add(-life) }

func TestXMLDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{"PT120S": 2 * time.Minute, "PT0.5S": time.Second / 2, "PT0S": 0} {
		if got := xmlDuration(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}
