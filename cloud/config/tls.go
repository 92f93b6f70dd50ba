package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
)

// A Pair is a certificate and its key, PEM files that are read anew when they change.
type Pair struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Set reports whether there is one.
func (p Pair) Set() bool { return p.Cert != "" }

// Boxes are how edge boxes come in.
type Boxes struct {
	// Listen is where boxes enrol, send pictures and film, as host:port. TLS only, by the
	// cloud's own authority; a box shows its certificate.
	Listen string `yaml:"listen"`
	// Names are further names and addresses by which boxes reach the cloud.
	Names []string `yaml:"names"`
	// Secrets is "loopback" for tests and for a trial on one machine: boxes come in plain,
	// each with a secret instead of a certificate, from this machine alone. "tunnel" is the
	// same for a private network that is itself encrypted and knows its ends, as WireGuard's.
	Secrets string `yaml:"secrets"`
}

// The words of Boxes.Secrets.
const (
	Loopback = "loopback"
	Tunnel   = "tunnel"
)

// An Authority signs the certificates of boxes, and the servers' own.
type Authority struct {
	// Dir is where the cloud's own is kept, and made at the first start. It defaults to
	// the folder authority beside the database.
	Dir string `yaml:"dir"`
	// Pair is an operator's instead: a certificate that may sign, and its key.
	Pair `yaml:",inline"`
}

// BySecret reports whether boxes come in plain and with secrets.
func (f File) BySecret() bool { return f.Boxes.Secrets == Loopback || f.Boxes.Secrets == Tunnel }

// inside reports whether what is said at an address needs no TLS.
func (f File) inside(address string) bool {
	ip := net.ParseIP(hostOf(address))
	return loopback(address) || (f.Boxes.Secrets == Tunnel && ip != nil && ip.IsPrivate())
}

// ServesBoxes reports whether boxes come in with certificates.
func (f File) ServesBoxes() bool { return !f.BySecret() && f.Boxes.Listen != "" }

// PagesTLS reports whether the pages are served with TLS.
func (f File) PagesTLS() bool {
	return f.TLS.Set() || (!f.inside(f.Listen) && len(f.TrustedProxies) == 0)
}

// NeedsAuthority reports whether anything is signed.
func (f File) NeedsAuthority() bool {
	return f.ServesBoxes() || (f.PagesTLS() && !f.TLS.Set()) || (!f.BySecret() && !f.Broker.Outside())
}

// AuthorityDir is where the cloud's own authority is kept.
func (f File) AuthorityDir() string {
	if f.Authority.Dir != "" {
		return f.Authority.Dir
	}
	return filepath.Join(f.StoreDir(), "authority")
}

// PublicHost is the name in public_url.
func (f File) PublicHost() string {
	u, err := url.Parse(f.PublicURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Names are by what names this cloud's servers are reached, as far as it is configured.
func (f File) Names() []string {
	var out []string
	for _, name := range append([]string{f.PublicHost(), hostOf(f.Listen), hostOf(f.Boxes.Listen), hostOf(f.Broker.Listen)}, f.Boxes.Names...) {
		if ip := net.ParseIP(name); name != "" && (ip == nil || !ip.IsUnspecified()) {
			out = append(out, name)
		}
	}
	return out
}

// BoxesURL is what to tell a box of where the cloud is. port is the one that it listens on.
func (f File) BoxesURL(port string) string {
	host := f.PublicHost()
	if len(f.Boxes.Names) > 0 {
		host = f.Boxes.Names[0]
	}
	return "https://" + net.JoinHostPort(host, port)
}

// Proxies are the trusted ones as networks.
func (f File) Proxies() (out []netip.Prefix, err error) {
	for _, text := range f.TrustedProxies {
		p, fault := netip.ParsePrefix(text)
		if fault != nil {
			a, fault := netip.ParseAddr(text)
			if fault != nil {
				return nil, fmt.Errorf("trusted_proxies: %q is no address and no network", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p)
	}
	return out, nil
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return host
}

// loopback reports whether an address is reached from this machine alone.
func loopback(address string) bool {
	host := hostOf(address)
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (f File) validateTLS() []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	for path, p := range map[string]Pair{"tls": f.TLS, "authority": f.Authority.Pair} {
		if (p.Cert == "") != (p.Key == "") {
			bad("%s: cert and key belong together", path)
		}
	}
	if _, err := f.Proxies(); err != nil {
		faults = append(faults, err)
	}
	u, err := url.Parse(f.PublicURL)
	if err == nil && u.Scheme == "http" && (f.PagesTLS() || !f.inside(f.Listen)) {
		bad("public_url: pages beyond this machine go over TLS: want https://%s", u.Host)
	}
	switch {
	case f.BySecret():
		if !f.inside(f.Listen) || (!f.Broker.Outside() && !f.inside(f.Broker.Listen)) {
			bad("boxes.secrets: %s lets boxes in plain, so listen and broker.listen must be of this machine alone, as 127.0.0.1:8080, or with %s of a private network", f.Boxes.Secrets, Tunnel)
		}
		if f.Broker.Cert != "" {
			bad("broker.cert: with boxes.secrets: %s the broker speaks no TLS", f.Boxes.Secrets)
		}
	case f.Boxes.Secrets != "":
		bad("boxes.secrets: %q is neither %q nor %q", f.Boxes.Secrets, Loopback, Tunnel)
	default:
		if _, _, err := net.SplitHostPort(f.Boxes.Listen); err != nil {
			bad("boxes.listen: %q is not host:port", f.Boxes.Listen)
		}
	}
	if f.NeedsAuthority() && f.Postgres() && f.Authority.Dir == "" && !f.Authority.Set() {
		faults = append(faults, errors.New("authority.dir: with PostgreSQL a folder is needed for the authority; all replicas hold the same files in theirs"))
	}
	return faults
}
