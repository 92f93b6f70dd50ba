package camera

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"eastgate/shared/secret"
)

// How pictures may travel.
const (
	Auto = "auto" // TCP, and UDP where the camera refuses TCP
	TCP  = "tcp"
	UDP  = "udp"
)

// Config says how to reach one stream of a camera.
type Config struct {
	URL       string     `yaml:"url"`       // rtsp://host/path or rtsps://host/path
	Transport string     `yaml:"transport"` // auto, tcp or udp. It defaults to auto.
	Username  string     `yaml:"username"`
	Password  secret.Ref `yaml:"password"`
	CAFile    string     `yaml:"ca_file"` // PEM of an own certificate authority, for rtsps
	// StallAfter is how long no picture may come. It defaults to 10s.
	StallAfter time.Duration `yaml:"stall_after"`
}

// DefaultConfig returns a Config that lacks only the URL.
func DefaultConfig() Config { return Config{Transport: Auto, StallAfter: 10 * time.Second} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		faults = append(faults, fmt.Errorf("url: %q is no address", Redact(c.URL)))
	case (u.Scheme != "rtsp" && u.Scheme != "rtsps") || u.Host == "":
		faults = append(faults, fmt.Errorf("url: %q is no address such as rtsp://host/path", Redact(c.URL)))
	}
	if !slices.Contains([]string{"", Auto, TCP, UDP}, c.Transport) {
		faults = append(faults, fmt.Errorf("transport: %q is none of auto, tcp, udp", c.Transport))
	}
	if c.StallAfter != 0 && c.StallAfter < time.Second {
		faults = append(faults, fmt.Errorf("stall_after: %v is less than a second", c.StallAfter))
	}
	return faults
}

func (c Config) firstTransport() string {
	if c.Transport == UDP {
		return UDP
	}
	return TCP
}

// HasPassword reports whether the address itself holds a password, which does
// not belong into a configuration file.
func (c Config) HasPassword() bool {
	u, err := url.Parse(c.URL)
	if err != nil {
		return false
	}
	_, has := u.User.Password()
	return has
}

// Redact returns an address without its user and password.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable address)"
	}
	u.User = nil
	return u.String()
}
