package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/identity"
	"eastgate/cloud/web"
	"eastgate/shared/trust"
)

// stopWait is how long requests may take to finish when the cloud stops.
const stopWait = 3 * time.Second

// listen takes the ports of people and of boxes.
func (c *Cloud) listen() (err error) {
	if c.web, err = net.Listen("tcp", c.file.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if !c.file.ServesBoxes() {
		return nil
	}
	if c.box.listener, err = net.Listen("tcp", c.file.Boxes.Listen); err != nil {
		return fmt.Errorf("boxes.listen: %w", err)
	}
	return nil
}

// serve answers people: over TLS, unless they are on this machine or come by a proxy
// that the configuration trusts.
func (c *Cloud) serve(ctx context.Context) error {
	srv := web.NewServer(c.routes(), web.Patient)
	proxies, err := c.file.Proxies()
	if err != nil {
		return err
	}
	l := c.web
	if len(proxies) > 0 {
		l, srv.Handler = onlyFrom{l, proxies}, forwarded(srv.Handler)
	}
	srv.ConnContext = identity.Remember
	if c.file.PagesTLS() {
		if srv.TLSConfig, err = trust.Server(c.file.TLS.Cert, c.file.TLS.Key); err != nil {
			return fmt.Errorf("tls: %w", err)
		}
		if !c.file.TLS.Set() {
			srv.TLSConfig = c.identity.Authority().Server(c.file.Names()...)
			srv.TLSConfig.ClientAuth, srv.TLSConfig.ClientCAs = 0, nil // people have none
		}
	}
	return serveUntil(ctx, srv, l)
}

// serveUntil answers until ctx ends.
func serveUntil(ctx context.Context, srv *http.Server, l net.Listener) error {
	srv.BaseContext = func(net.Listener) context.Context { return ctx } // streams end with us
	stopped := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(stopped)
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
		defer cancel()
		if srv.Shutdown(wait) != nil {
			srv.Close()
		}
	})
	serve := srv.Serve
	if srv.TLSConfig != nil {
		serve = func(l net.Listener) error { return srv.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	<-stopped
	return nil
}

// onlyFrom takes connections from some networks and closes all others.
type onlyFrom struct {
	net.Listener
	from []netip.Prefix
}

func (o onlyFrom) Accept() (net.Conn, error) {
	for {
		conn, err := o.Listener.Accept()
		if err != nil {
			return nil, err
		}
		a, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err == nil && slices.ContainsFunc(o.from, func(p netip.Prefix) bool { return p.Contains(a.Addr().Unmap()) }) {
			return conn, nil
		}
		conn.Close() //nolint:errcheck // it is nobody's
	}
}

// forwarded has a request come from the address that the proxy names: the last one,
// which it has written itself.
func forwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if ip := net.ParseIP(strings.TrimSpace(all[len(all)-1])); ip != nil {
			r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}
