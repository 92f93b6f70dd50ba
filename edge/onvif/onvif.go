// Package onvif speaks with cameras as the ONVIF specifications say: it finds them on
// the local network, reads their clock, what they are, which streams they have and how
// those are set, and pulls their events.
//
// It promises that a device cannot make it wait, read or remember without bounds,
// that a password crosses the network only as a digest and only to the host that was
// asked, and that a device whose clock is wrong can still be logged in to.
package onvif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"

	"eastgate/shared/secret"
)

// Namespaces that services are known by.
const (
	NamespaceDevice = "http://www.onvif.org/ver10/device/wsdl"
	NamespaceMedia1 = "http://www.onvif.org/ver10/media/wsdl"
	NamespaceMedia2 = "http://www.onvif.org/ver20/media/wsdl"
	NamespaceEvents = "http://www.onvif.org/ver10/events/wsdl"
)

// ServicePath is where the device service of nearly every device answers
// (ONVIF Core §5.1: it must).
const ServicePath = "/onvif/device_service"

// Config says how to reach a device.
type Config struct {
	// Address is a host, host:port, or the whole http(s) address of the device service.
	Address  string
	Username string
	Password secret.Value
	// Timeout bounds one call; it defaults to 5s.
	Timeout time.Duration
}

// A Device is a camera, recorder or encoder that answers. Its methods may be called by
// several goroutines.
type Device struct {
	cfg      Config
	http     *http.Client
	home     *url.URL
	services map[string]string // by namespace; from Dial on not changed

	mu    sync.Mutex
	clock Clock
}

// Dial reads a device's clock and which services it has.
func Dial(ctx context.Context, cfg Config) (*Device, error) {
	home, err := homeOf(cfg.Address)
	if err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	d := &Device{cfg: cfg, home: home, http: client(cfg), services: map[string]string{NamespaceDevice: home.String()}}
	if err := d.readClock(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("%s: %w", home.Host, err)
	}
	if err := d.readServices(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("%s: %w", home.Host, err)
	}
	return d, nil
}

// Close ends the connections that are kept for the next call.
func (d *Device) Close() { d.http.CloseIdleConnections() }

// Has reports whether the device offers a service.
func (d *Device) Has(namespace string) bool { return d.services[namespace] != "" }

// Host is the name or address by which the device is asked.
func (d *Device) Host() string { return d.home.Hostname() }

func client(cfg Config) *http.Client {
	inner := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: cfg.Timeout}).DialContext,
		TLSHandshakeTimeout:    cfg.Timeout,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        30 * time.Second,
		ResponseHeaderTimeout:  longestPull + cfg.Timeout, // each call has a shorter limit of its own
		MaxResponseHeaderBytes: 64 << 10,
	}
	var t http.RoundTripper = &bounded{inner}
	if cfg.Username != "" {
		t = &digest.Transport{Username: cfg.Username, Password: cfg.Password.Reveal(), Transport: t}
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the device sends us elsewhere, which ONVIF does not provide for")
	}}
}

func homeOf(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("address: give a host, host:port or http(s)://host/onvif/device_service")
	}
	if u.User != nil {
		return nil, errors.New("address: holds a user or password, which would be logged; give them apart")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = ServicePath
	}
	return u, nil
}

// here turns an address that the device gave into one at the host that was asked:
// devices behind a router or with two network cards name others, and a hostile one
// must not have our digest sent to a third.
func (d *Device) here(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("the device names the address %.80q, which is none", address)
	}
	host := d.home.Hostname()
	if p := u.Port(); p != "" {
		host = net.JoinHostPort(host, p)
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	u.Host, u.User = host, nil
	return u.String(), nil
}

// CheckAddress says what is wrong with an address, if anything.
func CheckAddress(address string) error {
	_, err := homeOf(address)
	return err
}
