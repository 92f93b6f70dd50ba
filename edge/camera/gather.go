package camera

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// A gatherer is a connection that is read in large portions: once the pictures flow, it
// lets what comes gather in the kernel and takes it at the ticks of the wall clock's
// grid. A camera sends a picture as a dozen packets; being woken for each costs more than
// all that is done with it. All cameras are read at the same ticks, so that a box with
// many is woken as often as a box with one.
//
// It is read by one goroutine.
type gatherer struct {
	net.Conn
	on  atomic.Bool
	raw syscall.RawConn
	buf []byte // what was taken
	at  int    // from where on it has not been read
	all bool   // the last portion was all that there was
}

const (
	// tick is how long data may gather: a picture's time at 25 a second.
	tick = 40 * time.Millisecond
	// portion is how much is taken at once: what a camera of 4 Mbit/s sends in three ticks.
	portion = 64 << 10
)

// gather begins to gather. Before, requests are answered without delay.
func (g *gatherer) gather() { g.on.Store(true) }

// prepare is done by who reads, before it gathers for the first time: a reader that waits
// must not be told that it waits for more. Where the connection is none of the system's,
// nothing changes.
func (g *gatherer) prepare() bool {
	c, ok := g.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	// Less than this wakes nobody (socket(7)): nobody waits, we come by ourselves.
	err = raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, 2*portion) }) //nolint:errcheck // it only saves
	if err != nil {
		return false
	}
	g.raw, g.buf, g.all = raw, make([]byte, 0, portion), true
	return true
}

// Read implements net.Conn.
func (g *gatherer) Read(p []byte) (int, error) {
	if g.at == len(g.buf) {
		if !g.on.Load() || g.raw == nil && !g.prepare() {
			return g.Conn.Read(p)
		}
		if err := g.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, g.buf[g.at:])
	g.at += n
	return n, nil
}

// fill takes what has gathered, at the next tick unless there was more at the last.
func (g *gatherer) fill() error {
	for {
		if g.all {
			time.Sleep(tick - time.Duration(time.Now().UnixNano())%tick)
		}
		n, err := g.take()
		g.all = n < portion
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		case err != nil:
			return &net.OpError{Op: "read", Net: "tcp", Source: g.LocalAddr(), Addr: g.RemoteAddr(), Err: err}
		case n == 0:
			return io.EOF
		default:
			g.buf, g.at = g.buf[:n], 0
			return nil
		}
	}
}

// take reads what is there and does not wait.
func (g *gatherer) take() (n int, err error) {
	gone := g.raw.Read(func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), g.buf[:portion])
		return true
	})
	if gone != nil {
		return 0, gone
	}
	return max(n, 0), err
}
