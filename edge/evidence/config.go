package evidence

import (
	"errors"
	"fmt"
	"net/url"

	"eastgate/shared/secret"
)

// Config says where pictures wait and where they go.
type Config struct {
	Dir string `yaml:"dir"` // where pictures wait; made if it is not there
	// MaxBytes bounds what waits; the oldest picture gives way to a new one.
	MaxBytes int64 `yaml:"max_bytes"`
	// ReserveBytes is what pictures leave free on the disk, for the events.
	ReserveBytes int64 `yaml:"reserve_bytes"`

	CloudURL string `yaml:"cloud_url"` // http(s)://host; /v1/evidence/… is added
	CAFile   string `yaml:"ca_file"`   // PEM of an own certificate authority

	// User ("site/box") and Secret are the box's credentials at the cloud.
	User   string       `yaml:"-"`
	Secret secret.Value `yaml:"-"`
}

// DefaultConfig returns a Config that lacks only the folder, the cloud's address
// and the credentials.
func DefaultConfig() Config { return Config{MaxBytes: 1 << 30, ReserveBytes: 256 << 20} }

// leastBytes is room for a handful of pictures.
const leastBytes = 8 << 20

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if c.Dir == "" {
		faults = append(faults, errors.New("dir: a folder is needed"))
	}
	if c.MaxBytes < leastBytes {
		faults = append(faults, fmt.Errorf("max_bytes: %d is less than %d", c.MaxBytes, leastBytes))
	}
	if c.ReserveBytes < 0 {
		faults = append(faults, fmt.Errorf("reserve_bytes: %d is less than 0", c.ReserveBytes))
	}
	if _, err := c.base(); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// base is the address that a picture's hash is added to. A user or password in
// the address is refused, and not printed.
func (c Config) base() (*url.URL, error) {
	u, err := url.Parse(c.CloudURL)
	switch {
	case err != nil:
		return nil, errors.New("cloud_url: is no address such as https://host")
	case u.User != nil:
		return nil, errors.New("cloud_url: must hold no user or password; the box has its own secret")
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return nil, fmt.Errorf("cloud_url: %q is no address such as https://host", c.CloudURL)
	}
	return u.JoinPath("v1", "evidence"), nil
}
