// Command police-sim plays the police's side of the bridge on this machine: their
// broker (mosquitto with mutual TLS and an authority made for the day), the station
// that answers, and a page that shows what it was told.
//
//	police-sim -dir .cache/police -listen 127.0.0.1:8095 -broker 127.0.0.1:8884
//	curl -s 127.0.0.1:8095/view
//	curl -X POST 127.0.0.1:8095/behave -d '{"delay":"45s","lose":0.2,"twice":0.5,"shuffle":true,"garbage":0.3}'
//	curl -X POST '127.0.0.1:8095/plug?out=true'      their broker is gone; out=false puts it back
//
// The cloud's certificate is DIR/community.pem with DIR/community.key, the authority
// DIR/ca.pem. With -join it uses a broker that is there, with -ca, -cert and -key.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
	"eastgate/shared/trust"
)

// flags say what is played.
type flags struct {
	dir, listen, broker, join, ca, cert, key string
	topics                                   police.Topics
}

func main() {
	var f flags
	flag.StringVar(&f.dir, "dir", filepath.Join(".cache", "police"), "folder for certificates and the broker")
	flag.StringVar(&f.listen, "listen", "127.0.0.1:8095", "address of the page")
	flag.StringVar(&f.broker, "broker", "127.0.0.1:8884", "address of the own broker, on the loopback")
	flag.StringVar(&f.join, "join", "", "join this broker instead of starting one")
	flag.StringVar(&f.ca, "ca", "", "with -join: who signed the broker's certificate")
	flag.StringVar(&f.cert, "cert", "", "with -join: the station's certificate")
	flag.StringVar(&f.key, "key", "", "with -join: its key")
	flag.StringVar(&f.topics.District, "district", "jiefang", "part of the topics")
	flag.StringVar(&f.topics.Community, "community", "dongguan", "part of the topics")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, "police-sim:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags) error {
	if err := f.topics.Validate(); err != nil {
		return err
	}
	plug := &plug{}
	if f.join == "" {
		own, err := certificates(f.dir)
		if err != nil {
			return err
		}
		f.ca, f.cert, f.key, f.join = own.ca, own.station.cert, own.station.key, "mqtts://"+f.broker
		if plug.conf, err = brokerConf(f.dir, f.broker, f.topics, own); err != nil {
			return err
		}
		if err := plug.in(); err != nil {
			return err
		}
		defer plug.out() //nolint:errcheck // it may be out
	}
	conf, err := mutual(f)
	if err != nil {
		return err
	}
	station := policetest.New(policetest.Options{Broker: f.join, TLS: conf, Name: "station", Topics: f.topics})
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: handler(station, plug, f.topics), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { web.Close() })
	gone := make(chan error, 1)
	go func() { gone <- station.Run(ctx) }()
	fmt.Printf("ready: the police at http://%s/, their broker at %s\n", l.Addr(), f.join)
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-gone
}

func mutual(f flags) (*tls.Config, error) {
	pool, err := trust.Pool(f.ca)
	if err != nil {
		return nil, err
	}
	own, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(f.join)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, Certificates: []tls.Certificate{own}, ServerName: u.Hostname()}, nil
}
