package mqtt

import (
	"errors"
	"fmt"
	"strings"

	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// Config says where the broker of the devices is. It is not the cloud's.
type Config struct {
	URL    string     `yaml:"url"` // mqtt://host:1883 or mqtts://host:8883
	User   string     `yaml:"user"`
	Secret secret.Ref `yaml:"secret"`
	CAFile string     `yaml:"ca_file"` // PEM of an own certificate authority
	// Client begins the names under which the box logs in; it must be the same after a
	// restart. Empty means eastgate-{site}-{box}.
	Client string `yaml:"client"`

	// Where each convention's topics begin.
	Zigbee2MQTT   string `yaml:"zigbee2mqtt"`
	HomeAssistant string `yaml:"homeassistant"`
	Frigate       string `yaml:"frigate"`
	// Tasmota is Tasmota's FullTopic.
	Tasmota string `yaml:"tasmota"`
}

// DefaultConfig has the topics that each convention comes with.
func DefaultConfig() Config {
	return Config{
		Zigbee2MQTT: "zigbee2mqtt", HomeAssistant: "homeassistant", Frigate: "frigate",
		Tasmota: "%prefix%/%topic%/",
	}
}

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if _, err := wire.Brokers(c.URL); err != nil {
		faults = append(faults, fmt.Errorf("url: %w", err))
	}
	if c.User != "" && !c.Secret.Set() {
		faults = append(faults, errors.New("secret: a user is given and no password: give file or env"))
	}
	for _, t := range []struct{ field, base string }{
		{"zigbee2mqtt", c.Zigbee2MQTT}, {"homeassistant", c.HomeAssistant}, {"frigate", c.Frigate},
	} {
		if t.base == "" || strings.ContainsAny(t.base, "+#") || strings.HasSuffix(t.base, "/") {
			faults = append(faults, fmt.Errorf("%s: %q can begin no topic", t.field, t.base))
		}
	}
	if !strings.Contains(c.Tasmota, "%prefix%") || !strings.Contains(c.Tasmota, "%topic%") || strings.ContainsAny(c.Tasmota, "+#") {
		faults = append(faults, fmt.Errorf("tasmota: %q is no FullTopic: it holds %%prefix%% and %%topic%%", c.Tasmota))
	}
	return faults
}
