package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/broker"
	"eastgate/cloud/config"
	"eastgate/cloud/evidence"
	"eastgate/cloud/identity"
	"eastgate/cloud/live"
	"eastgate/cloud/web"
	"eastgate/shared/trust"
)

// doorOfBoxes is where boxes come in over HTTP.
type doorOfBoxes struct {
	listener net.Listener // nil without one
	handler  http.Handler
}

// openAuthority opens who signs certificates; nil when nobody need.
func openAuthority(f config.File) (*identity.Authority, error) {
	switch {
	case !f.NeedsAuthority():
		return nil, nil
	case f.Authority.Set():
		return identity.LoadAuthority(f.Authority.Cert, f.Authority.Key)
	}
	return identity.OpenAuthority(f.AuthorityDir())
}

// openIdentity opens the book of boxes' certificates.
func (c *Cloud) openIdentity() error {
	a, err := openAuthority(c.file)
	if err != nil {
		return err
	}
	c.identity = identity.New(c.store, a, c.parts.register, c.log)
	if c.file.BySecret() {
		c.log.Warn("BOXES COME IN PLAIN, WITH SECRETS: this is for tests, a trial on one machine, or a network that is itself a tunnel", "secrets", c.file.Boxes.Secrets, "listen", c.file.Listen)
	}
	return nil
}

// guardBroker says who comes into the embedded broker, and how the cloud itself dials it.
func (c *Cloud) guardBroker(conf *broker.Config) (dial *tls.Config, err error) {
	b := c.file.Broker
	if c.file.BySecret() {
		conf.Secret = c.boxes.Check
		return nil, nil
	}
	a := c.identity.Authority()
	conf.Certified, conf.TLS = c.identity.Certified, a.Server(c.file.Names()...)
	if b.Cert == "" {
		return a.Dial(), nil
	}
	own, err := trust.Open(b.Cert, b.Key)
	if err != nil {
		return nil, fmt.Errorf("broker.cert: %w", err)
	}
	conf.TLS.GetCertificate = own.AsServer
	if dial, err = trust.Client(b.Cert); err != nil {
		return nil, fmt.Errorf("broker.cert: %w", err)
	}
	leaf, err := own.Current()
	if err != nil {
		return nil, fmt.Errorf("broker.cert: %w", err)
	}
	switch {
	case len(leaf.Leaf.DNSNames) > 0:
		dial.ServerName = leaf.Leaf.DNSNames[0]
	case len(leaf.Leaf.IPAddresses) > 0:
		dial.ServerName = leaf.Leaf.IPAddresses[0].String()
	}
	return dial, nil
}

// mountBoxes builds what answers boxes: on their own port with certificates, or among
// the pages where secrets are allowed.
func (c *Cloud) mountBoxes(pages *web.Mux, folder *evidence.Folder, relay *live.Hub) {
	upload, publish := evidence.Upload(folder, identity.Name, c.log), relay.Handler()
	mux, secrets := pages, c.boxes.Check
	if !c.file.BySecret() {
		mux, secrets = web.NewMux(), nil
	}
	lines := identity.NewLines(c.identity, secrets, c.log)
	for _, method := range []string{http.MethodPut, http.MethodHead, http.MethodPatch} {
		mux.Handle(web.Route{Pattern: method + " /v1/evidence/{sha256}", Class: web.Machine}, lines.Guard(upload))
	}
	mux.Handle(web.Route{Pattern: "GET /v1/publish/{session}", Class: web.Machine}, lines.Guard(publish))
	if !c.file.BySecret() {
		c.identity.Mount(mux, lines)
		c.box.handler = mux
	}
}

// serveBoxes answers boxes until ctx ends.
func (c *Cloud) serveBoxes(ctx context.Context) error {
	if c.box.listener == nil {
		return nil
	}
	srv := web.NewServer(web.Secured(c.box.handler, ""), web.Patient)
	srv.TLSConfig, srv.ConnContext = c.identity.Authority().Server(c.file.Names()...), identity.Remember
	return serveUntil(ctx, srv, c.box.listener)
}

// BoxesURL is where boxes enrol and send pictures; empty when they do so among the pages.
func (c *Cloud) BoxesURL() string {
	if c.box.listener == nil {
		return ""
	}
	_, port, err := net.SplitHostPort(c.box.listener.Addr().String())
	if err != nil {
		return ""
	}
	return c.file.BoxesURL(port)
}

// Identity is the book of boxes' certificates.
func (c *Cloud) Identity() *identity.Book { return c.identity }

// An enroller lets boxes in for the office, and ends them.
type enroller struct{ cloud *Cloud }

func (e enroller) Enrol(ctx context.Context, by access.User, site, box string) (api.Enrolment, error) {
	code, until, err := e.cloud.identity.Code(ctx, by.Name, site, box)
	if err != nil {
		return api.Enrolment{}, err
	}
	return api.Enrolment{Site: site, Box: box, Code: code.Reveal(), Expires: until.UTC().Truncate(time.Second), Address: e.cloud.BoxesURL()}, nil
}

func (e enroller) Revoke(ctx context.Context, site, box string) error {
	return e.cloud.identity.Revoke(ctx, site, box)
}

// errBySecret says what to do where codes are of no use.
var errBySecret = errors.New("boxes.secrets is set: boxes come in with secrets here; edge enrol -secret makes one")
