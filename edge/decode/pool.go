//go:build !nocv

package decode

import (
	"errors"
	"sync"

	"eastgate/edge/flow"
)

// A Pool holds decoders for pictures that are decoded by themselves. All cameras of a
// box share it: a decoder takes some 10 MiB, and a key picture needs one for a
// hundredth of a second each two seconds.
type Pool struct {
	mu   sync.Mutex
	idle map[like][]*codec
	held int
}

// like is what a decoder is kept for: going from one size to another would cost it as
// much as a new one does.
type like struct {
	codec         string
	width, height int
	lone          bool // it tells movement
}

// mostIdle bounds the decoders that wait.
const mostIdle = 8

// NewPool returns an empty pool.
func NewPool() *Pool { return &Pool{idle: map[like][]*codec{}} }

func kind(s *flow.Stream, lone bool) like { return like{s.Codec, s.Width, s.Height, lone} }

func (p *Pool) take(s *flow.Stream, lone bool) (*codec, error) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		k := kind(s, lone)
		if list := p.idle[k]; len(list) > 0 {
			p.idle[k] = list[:len(list)-1]
			p.held--
			return list[len(list)-1], nil
		}
	}
	if lone {
		return openLone(s)
	}
	return openQuick(s)
}

func (p *Pool) give(s *flow.Stream, lone bool, c *codec) {
	if p == nil {
		c.close()
		return
	}
	c.flush()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == mostIdle {
		c.close()
		return
	}
	k := kind(s, lone)
	p.idle[k] = append(p.idle[k], c)
	p.held++
}

// errNothing says that a picture cannot be decoded by itself.
var errNothing = errors.New("it gives no picture by itself")

// alone decodes a key picture by itself. scratch is used and returned.
func (p *Pool) alone(o flow.Order, scratch []byte) (picture, []byte, error) {
	c, err := p.take(o.Stream, false)
	if err != nil {
		return picture{}, scratch, err
	}
	scratch = append(append(scratch[:0], o.Stream.Extradata...), o.Data...)
	err = c.send(scratch, int64(o.PTS))
	if err == nil {
		err = c.finish()
	}
	var pic picture
	if err == nil {
		pic, err = c.receive()
	}
	p.give(o.Stream, false, c)
	switch {
	case err != nil:
		return picture{}, scratch, errors.Join(errNothing, err)
	case pic.broken:
		pic.free()
		return picture{}, scratch, errNothing
	}
	return pic, scratch, nil
}
