package police

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// A Remote is the police's broker and how we show who we are.
type Remote struct {
	Broker string // mqtts://host:8883, several with commas; mqtt:// only on this machine
	CAFile string // who signed the broker's certificate
	Cert   string // ours, PEM: the client id is its subject
	Key    string
}

// Validate reports what could never be connected with. It reads no file.
func (r Remote) Validate() error {
	list, err := wire.Brokers(r.Broker)
	if err != nil {
		return err
	}
	for _, address := range list {
		u, err := url.Parse(address)
		switch {
		case err != nil:
			return err
		case u.Scheme == "mqtt" && !loopback(u.Hostname()):
			return fmt.Errorf("%s: without TLS only on this machine (contract §5.2, rule 7)", address)
		case u.Scheme == "mqtts" && (r.CAFile == "" || r.Cert == "" || r.Key == ""):
			return errors.New("ca_file, cert and key are needed: both sides show a certificate")
		}
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ioTimeout bounds each exchange with the broker.
const ioTimeout = 10 * time.Second

// dial opens the first of the addresses that answers. name is the client id.
func (r Remote) dial(ctx context.Context) (conn net.Conn, name string, err error) {
	list, err := wire.Brokers(r.Broker)
	if err != nil {
		return nil, "", err
	}
	ctx, stop := context.WithTimeout(ctx, ioTimeout)
	defer stop()
	for _, address := range list {
		u, bad := url.Parse(address)
		if bad != nil {
			return nil, "", bad
		}
		if conn, name, bad = r.dialOne(ctx, u); bad == nil {
			return packets.NewThreadSafeConn(conn), name, nil
		}
		err = errors.Join(err, bad)
	}
	return nil, "", err
}

func (r Remote) dialOne(ctx context.Context, u *url.URL) (net.Conn, string, error) {
	if u.Scheme == "mqtt" {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
		return conn, "community", err
	}
	conf, name, err := r.tls(u.Hostname())
	if err != nil {
		return nil, "", err
	}
	conn, err := (&tls.Dialer{Config: conf}).DialContext(ctx, "tcp", u.Host)
	return conn, name, err
}

// tls reads the certificates anew each time: they are renewed while we run.
func (r Remote) tls(host string) (*tls.Config, string, error) {
	pool, err := trust.Pool(r.CAFile)
	if err != nil {
		return nil, "", fmt.Errorf("police: %w", err)
	}
	own, err := tls.LoadX509KeyPair(r.Cert, r.Key)
	if err != nil {
		return nil, "", fmt.Errorf("police.cert: %w", err)
	}
	if own.Leaf.Subject.CommonName == "" {
		return nil, "", fmt.Errorf("police.cert: %s has no subject, which is the client id", r.Cert)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, Certificates: []tls.Certificate{own}, ServerName: host}, own.Leaf.Subject.CommonName, nil
}
