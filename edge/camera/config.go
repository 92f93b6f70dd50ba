package camera

import (
	"fmt"
	"net/url"
	"regexp"
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
	add := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		add("url: is missing; give an address such as rtsp://host/path")
	case err != nil:
		add("url: %q is no address", Redact(c.URL))
	case (u.Scheme != "rtsp" && u.Scheme != "rtsps") || u.Host == "":
		add("url: %q is no address such as rtsp://host/path", Redact(c.URL))
	case c.CAFile != "" && u.Scheme != "rtsps":
		add("ca_file: is only for rtsps, and url is %s", u.Scheme)
	case c.Transport == UDP && u.Scheme == "rtsps":
		add("transport: pictures over udp are not encrypted, and url is rtsps; use tcp")
	}
	if !slices.Contains([]string{"", Auto, TCP, UDP}, c.Transport) {
		add("transport: %q is none of auto, tcp, udp", c.Transport)
	}
	if c.Password.Set() && c.Username == "" {
		add("username: is missing beside password")
	}
	if c.StallAfter != 0 && c.StallAfter < time.Second {
		add("stall_after: %v is less than a second", c.StallAfter)
	}
	return faults
}

func (c Config) transport() string {
	if c.Transport == "" {
		return Auto
	}
	return c.Transport
}

func (c Config) firstTransport() string {
	if c.Transport == UDP {
		return UDP
	}
	return TCP
}

func (c Config) stallAfter() time.Duration {
	if c.StallAfter == 0 {
		return DefaultConfig().StallAfter
	}
	return c.StallAfter
}

// user names who we say we are.
func (c Config) user() string {
	name := c.Username
	if name == "" {
		if u, err := url.Parse(c.URL); err == nil {
			name = u.User.Username()
		}
	}
	if name == "" {
		return "visitors without a user name"
	}
	return fmt.Sprintf("user %q", name)
}

// HasPassword reports whether the address itself holds a password, which does
// not belong into a configuration file.
func (c Config) HasPassword() bool {
	u, err := url.Parse(c.URL)
	if err != nil {
		return false
	}
	_, has := u.User.Password()
	return has || wordInside.MatchString(c.URL)
}

// wordInside finds passwords that some cameras take within the path or the query:
// rtsp://host/user=admin_password=word_channel=1.sdp.
var wordInside = regexp.MustCompile(`(?i)((?:password|passwd|pwd|pass|token)=)[^&/?#]*?(_channel|_stream|[&/?#]|$)`)

// Redact returns an address without its user and password.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable address)"
	}
	u.User = nil
	return wordInside.ReplaceAllString(u.String(), "$1***$2")
}
