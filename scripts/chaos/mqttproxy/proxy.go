// Package mqttproxy stands between MQTT clients and a broker and does what
// brokers and networks do on bad days: it cuts links, refuses new ones, is slow,
// stands still, says things twice and in another order. It takes MQTT apart only
// into packets (MQTT 3.1.1 §2).
package mqttproxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// A Habit is what a proxy does to what passes. The zero value passes everything on.
type Habit struct {
	Repeat float64 // share of PUBLISH packets that are said twice, 0 to 1
	Swap   float64 // share that is held back until a later one has gone
	Rate   int     // bytes a second of each link towards the client; 0: no limit
	Frozen bool    // links stay open and nothing passes
}

// A Proxy works from New to Close.
type Proxy struct {
	l    net.Listener
	done sync.WaitGroup

	mu     sync.Mutex
	free   *sync.Cond
	to     string
	refuse bool
	habit  Habit
	conns  map[net.Conn]bool
	dice   *rand.Rand
}

// New starts a proxy at addr for the broker at to, both host:port.
func New(addr, to string, seed uint64) (*Proxy, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("mqtt proxy: %w", err)
	}
	p := &Proxy{l: l, to: to, conns: map[net.Conn]bool{}, dice: rand.New(rand.NewPCG(seed, 2))}
	p.free = sync.NewCond(&p.mu)
	p.done.Go(p.accept)
	return p, nil
}

// Addr is where clients connect.
func (p *Proxy) Addr() string { return p.l.Addr().String() }

// Close ends the proxy and all its links.
func (p *Proxy) Close() {
	p.l.Close()
	p.Set(Habit{})
	p.Cut()
	p.done.Wait()
}

// Set changes what the proxy does, also on links that are open.
func (p *Proxy) Set(h Habit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.habit = h
	p.free.Broadcast()
}

// Refuse makes new links end at once, or lets them in again.
func (p *Proxy) Refuse(yes bool) {
	p.mu.Lock()
	p.refuse = yes
	p.mu.Unlock()
	if yes {
		p.Cut()
	}
}

// Cut resets every link.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
}

// reset ends a link without a farewell: an end in good order would look to a
// client like a broker that does not want it.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0) //nolint:errcheck // it may be closed
	}
	c.Close()
}

func (p *Proxy) accept() {
	for {
		in, err := p.l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refuse := p.refuse
		p.mu.Unlock()
		out, err := net.DialTimeout("tcp", p.to, 5*time.Second)
		if refuse || err != nil {
			reset(in)
			if err == nil {
				reset(out)
			}
			continue
		}
		p.mu.Lock()
		p.conns[in], p.conns[out] = true, true
		p.mu.Unlock()
		p.done.Go(func() { p.pipe(in, out, false) })
		p.done.Go(func() { p.pipe(out, in, true) })
	}
}

func (p *Proxy) current() Habit {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.habit.Frozen {
		p.free.Wait()
	}
	return p.habit
}

func (p *Proxy) chance(share float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return share > 0 && p.dice.Float64() < share
}

// heldLongest is how long a packet that was held back waits for a later one.
const heldLongest = 300 * time.Millisecond

func (p *Proxy) pipe(from, to net.Conn, down bool) {
	packets := make(chan []byte)
	quit := make(chan struct{})
	p.done.Go(func() { read(from, packets, quit) })
	defer func() {
		close(quit)
		reset(from)
		reset(to)
		p.mu.Lock()
		delete(p.conns, from)
		p.mu.Unlock()
	}()
	var held []byte
	for {
		var late <-chan time.Time
		if held != nil {
			late = time.After(heldLongest)
		}
		var out [][]byte
		select {
		case b, open := <-packets:
			if !open {
				return
			}
			out, held = p.order(b, held)
		case <-late:
			out, held = [][]byte{held}, nil
		}
		h := p.current()
		for _, b := range out {
			if down && h.Rate > 0 {
				time.Sleep(time.Duration(len(b)) * time.Second / time.Duration(h.Rate))
			}
			if _, err := to.Write(b); err != nil {
				return
			}
		}
	}
}

const publish = 3 // packet type (MQTT 3.1.1 §2.2.1)

// order says what is sent now that packet b came while another may be held back.
func (p *Proxy) order(b, held []byte) (now [][]byte, hold []byte) {
	h := p.current()
	if b[0]>>4 != publish {
		return [][]byte{b}, held // acknowledgements and pings go their own way
	}
	if held == nil && p.chance(h.Swap) {
		return nil, b
	}
	now = [][]byte{b}
	if p.chance(h.Repeat) {
		again := append([]byte(nil), b...)
		if again[0]>>1&3 > 0 {
			again[0] |= 8 // DUP, where the quality of service allows it (§3.3.1.1)
		}
		now = append(now, again)
	}
	if held != nil {
		now = append(now, held)
	}
	return now, nil
}

// mostPacket is more than anybody here sends.
const mostPacket = 1 << 20

var errPacket = errors.New("no MQTT packet")

// read takes packets off a link until it ends.
func read(from net.Conn, packets chan<- []byte, quit <-chan struct{}) {
	defer close(packets)
	r := bufio.NewReader(from)
	for {
		b, err := packet(r)
		if err != nil {
			return
		}
		select {
		case packets <- b:
		case <-quit:
			return
		}
	}
}

// packet reads one packet with its fixed header (MQTT 3.1.1 §2.2).
func packet(r *bufio.Reader) ([]byte, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	head, length := []byte{first}, 0
	for shift := 0; ; shift += 7 {
		c, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		head, length = append(head, c), length|int(c&0x7f)<<shift
		if c < 0x80 {
			break
		}
		if shift > 14 {
			return nil, errPacket
		}
	}
	if length > mostPacket {
		return nil, errPacket
	}
	b := append(head, make([]byte, length)...)
	_, err = io.ReadFull(r, b[len(head):])
	return b, err
}
