package trust

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// A Pair is a certificate of ours and its key, in two PEM files or in one. Its methods
// may be called at once.
type Pair struct {
	cert, key string

	mu   sync.Mutex
	seen [2]stamp
	last *tls.Certificate // that could be read
}

// A stamp tells whether a file has changed.
type stamp struct {
	at   time.Time
	size int64
}

// Open reads a certificate and its key; they may be the same file. The key must be
// its owner's alone.
func Open(cert, key string) (*Pair, error) {
	p := &Pair{cert: cert, key: key}
	if _, err := p.Current(); err != nil {
		return nil, err
	}
	return p, nil
}

// Current is the certificate as its files say now. While they say nothing usable, it
// is the last one that they did, with an error beside it.
func (p *Pair) Current() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := p.stamps()
	if err == nil && p.last != nil && now == p.seen {
		return p.last, nil
	}
	if err == nil {
		err = Private(p.key)
	}
	if err != nil {
		return p.last, err
	}
	fresh, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		return p.last, fmt.Errorf("certificate %s with key %s: %w", p.cert, p.key, err)
	}
	p.last, p.seen = &fresh, now
	return p.last, nil
}

func (p *Pair) stamps() (out [2]stamp, err error) {
	for i, file := range []string{p.cert, p.key} {
		info, err := os.Stat(file)
		if err != nil {
			return out, err
		}
		out[i] = stamp{info.ModTime(), info.Size()}
	}
	return out, nil
}

// usable is the current certificate, or the last one.
func (p *Pair) usable() (*tls.Certificate, error) {
	c, err := p.Current()
	if c != nil {
		return c, nil
	}
	return nil, err
}

// AsClient shows the certificate to whoever asks for one, as tls.Config.GetClientCertificate.
func (p *Pair) AsClient(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return p.usable() }

// AsServer shows the certificate to who dials, as tls.Config.GetCertificate.
func (p *Pair) AsServer(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.usable() }
