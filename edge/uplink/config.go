package uplink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// Config says who the box is and where the cloud listens. Durations that are 0
// get their defaults.
type Config struct {
	Site, Box string
	Broker    string // mqtt://host:port, or mqtts:// with TLS 1.2 or newer; several with commas
	// TLS is for mqtts://: whom we believe, and the box's certificate. nil believes the
	// machine's authorities and shows none.
	TLS *tls.Config
	// Secret is the box's password, for a broker that asks for one; empty beside a certificate.
	Secret  secret.Value
	Version string // of this program, told to the cloud

	// Health tells how the cameras are; HealthChanged when to ask again at once.
	Health        func() wire.BoxHealth
	HealthChanged <-chan struct{}
	// Coverage may be nil. It is told as often as health.
	Coverage Coverage
	// Commands may be nil: then the box takes none.
	Commands Commands

	ResendAfter time.Duration // without acknowledgement. It defaults to 3s.
	ClashAfter  time.Duration // of foreign acknowledgements. It defaults to 30s.
	HealthEvery time.Duration // It defaults to 30s.
	RetryMin    time.Duration // It defaults to 1s.
	RetryMax    time.Duration // It defaults to 30s.
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.ResendAfter, 3 * time.Second},
		{&c.ClashAfter, 30 * time.Second},
		{&c.HealthEvery, 30 * time.Second},
		{&c.RetryMin, time.Second},
		{&c.RetryMax, 30 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if !event.ValidName(c.Site) || !event.ValidName(c.Box) {
		faults = append(faults, fmt.Errorf("site, box: %q and %q must be names: %s", c.Site, c.Box, event.NameRule))
	}
	if _, err := wire.Brokers(c.Broker); err != nil {
		faults = append(faults, fmt.Errorf("broker: %w", err))
	}
	if c.Secret.Empty() && (c.TLS == nil || c.TLS.GetClientCertificate == nil) {
		faults = append(faults, errors.New("secret: there is none, and no certificate"))
	}
	if c.Health == nil {
		faults = append(faults, errors.New("health: nobody to ask"))
	}
	return faults
}
