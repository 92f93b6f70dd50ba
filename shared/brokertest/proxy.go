package brokertest

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// A Proxy stands between a client and a broker and can fail as networks do.
type Proxy struct {
	l      net.Listener
	to     string
	mu     sync.Mutex
	free   *sync.Cond
	frozen bool
	conns  map[net.Conn]bool
	done   sync.WaitGroup
}

// NewProxy starts a proxy to the broker at url, until t ends.
func NewProxy(t testing.TB, url string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{l: l, to: strings.TrimPrefix(url, "mqtt://"), conns: map[net.Conn]bool{}}
	p.free = sync.NewCond(&p.mu)
	p.done.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.Thaw()
		p.Cut()
		p.done.Wait()
	})
	return p
}

// URL is the proxy's address.
func (p *Proxy) URL() string { return "mqtt://" + p.l.Addr().String() }

// Cut ends every link at once; new ones can be made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.(*net.TCPConn).SetLinger(0) //nolint:errcheck // a reset, where the system allows it
		c.Close()
	}
}

// Freeze keeps links open and passes nothing on.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = true
}

// Thaw ends Freeze.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = false
	p.free.Broadcast()
}

func (p *Proxy) accept() {
	for {
		in, err := p.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.to)
		if err != nil {
			in.Close()
			continue
		}
		p.mu.Lock()
		p.conns[in], p.conns[out] = true, true
		p.mu.Unlock()
		p.done.Go(func() { p.pipe(in, out) })
		p.done.Go(func() { p.pipe(out, in) })
	}
}

func (p *Proxy) pipe(from, to net.Conn) {
	defer func() {
		from.Close()
		to.Close()
		p.mu.Lock()
		delete(p.conns, from)
		p.mu.Unlock()
	}()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.frozen {
			p.free.Wait()
		}
		p.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
