package evidence

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"

	"eastgate/shared/secret"
)

// Config says where files wait and where they go.
type Config struct {
	Dir string `yaml:"dir"` // where files wait; made if it is not there
	// MaxBytes bounds what waits; the least urgent and oldest gives way.
	MaxBytes int64 `yaml:"max_bytes"`
	// ReserveBytes is what files leave free on the disk, for the events.
	ReserveBytes int64  `yaml:"reserve_bytes"`
	MaxAge       MaxAge `yaml:"-"`

	// BytesPerSecond bounds what sending them takes of the line.
	BytesPerSecond int64 `yaml:"bytes_per_second"`

	CloudURL string `yaml:"cloud_url"` // http(s)://host; /v1/evidence/… is added
	// TLS says whom we believe, and who the box is; nil believes the machine's authorities.
	TLS *tls.Config `yaml:"-"`

	// User ("site/box") and Secret are the box's credentials where it shows no certificate.
	User   string       `yaml:"-"`
	Secret secret.Value `yaml:"-"`
}

// DefaultConfig returns a Config that lacks only the folder, the cloud's address
// and the credentials.
func DefaultConfig() Config {
	return Config{MaxBytes: 1 << 30, ReserveBytes: 256 << 20, MaxAge: defaultMaxAge(), BytesPerSecond: 512 << 10}
}

// leastBytes is room for a handful of pictures.
const leastBytes = 8 << 20

// LeastRate is the smallest budget for sending: a picture in half a minute.
const LeastRate = 8 << 10

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
	if c.BytesPerSecond < LeastRate {
		faults = append(faults, fmt.Errorf("bytes_per_second: %d is less than %d", c.BytesPerSecond, LeastRate))
	}
	if _, err := c.base(); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// base is the address that a file's hash is added to. A user or password in
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

// A ClipConfig says what a clip of an event shows and what it may cost.
type ClipConfig struct {
	Enabled bool `yaml:"enabled"`
	// PreRoll and PostRoll are how much is shown before and after an event.
	PreRoll  time.Duration `yaml:"pre_roll"`
	PostRoll time.Duration `yaml:"post_roll"`
	// MaxBytes bounds what is remembered of one camera in memory, and with it a clip.
	MaxBytes int64 `yaml:"max_bytes"`
}

// DefaultClipConfig is 5 s before to 10 s after an event, from 8 MiB a camera.
func DefaultClipConfig() ClipConfig {
	return ClipConfig{Enabled: true, PreRoll: 5 * time.Second, PostRoll: 10 * time.Second, MaxBytes: 8 << 20}
}

// Bounds on clips. A clip must fit into one upload, with room for its head.
const (
	maxRoll       = time.Minute
	leastClip     = 1 << 20
	mostClipBytes = 32 << 20
)

// Validate returns every fault with its field.
func (c ClipConfig) Validate() []error {
	var faults []error
	for _, r := range []struct {
		field string
		value time.Duration
	}{{"pre_roll", c.PreRoll}, {"post_roll", c.PostRoll}} {
		if r.value < 0 || r.value > maxRoll {
			faults = append(faults, fmt.Errorf("%s: %v is not between 0 and %v", r.field, r.value, maxRoll))
		}
	}
	if c.MaxBytes < leastClip || c.MaxBytes > mostClipBytes {
		faults = append(faults, fmt.Errorf("max_bytes: %d is not between %d and %d", c.MaxBytes, leastClip, mostClipBytes))
	}
	return faults
}
