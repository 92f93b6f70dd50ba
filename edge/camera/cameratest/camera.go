package cameratest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
)

// A Mode is what a simulated camera does.
type Mode string

// The modes.
const (
	Play   Mode = "play"   // shows its film
	Freeze Mode = "freeze" // sends its newest key picture again and again
	Black  Mode = "black"  // sends black pictures
	Stall  Mode = "stall"  // stays connected and sends nothing
	Cut    Mode = "cut"    // has lost its power: no sessions, no answers
	// Repeat sends its film with times that stand still for two seconds each.
	Repeat Mode = "repeat"
	// Rubbish sends units with the right heads and nonsense in them.
	Rubbish Mode = "rubbish"
)

// Modes lists them all.
var Modes = []Mode{Play, Freeze, Black, Stall, Cut, Repeat, Rubbish}

// A Camera is one simulated camera.
type Camera struct {
	server *Server
	quit   chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	film    Film
	mode    Mode
	showing Mode      // mode, or the one before while a key picture is awaited
	until   time.Time // when mode ends by itself; zero means never
	stream  *gortsplib.ServerStream
	media   *description.Media
	encode  func([][]byte) ([]*rtp.Packet, error)
	newest  []byte // key picture
	darkest []byte // black key picture, once needed

	watchers atomic.Int32 // sessions that play
	sent     atomic.Uint64
	seq      uint16 // of the next packet of a script
}

// Set makes the camera do something, for a while or, when d is 0, until it is
// told otherwise. It plays again from the film's next key picture on, as a camera
// would.
func (c *Camera) Set(m Mode, d time.Duration) error {
	if m == Black {
		if err := c.darken(); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.mode, c.until = m, time.Time{}
	if d > 0 {
		c.until = time.Now().Add(d)
	}
	c.mu.Unlock()
	if m == Cut {
		c.server.disconnect(c)
	}
	return nil
}

// darken makes the black picture, while the camera goes on.
func (c *Camera) darken() error {
	c.mu.Lock()
	film, done := c.film, c.darkest != nil
	c.mu.Unlock()
	if done {
		return nil
	}
	picture, err := black(film.Packets[0].Stream)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if same(c.film, film) {
		c.darkest = picture
	}
	return nil
}

// Show plays another film. Where size or parameters change, they change in the
// middle of the sessions, as when somebody sets up the camera; where the codec
// changes, the sessions end.
func (c *Camera) Show(f Film) error {
	if err := f.check(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.film.Packets[0].Stream.Codec != f.Packets[0].Stream.Codec {
		if err := c.open(f); err != nil {
			return err
		}
	}
	c.film, c.newest, c.darkest = f, nil, nil
	c.mode, c.until = Play, time.Time{}
	return nil
}

// Mode is what the camera does now.
func (c *Camera) Mode() Mode {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.until.IsZero() && time.Now().After(c.until) {
		c.mode, c.until = Play, time.Time{}
	}
	return c.mode
}

func (c *Camera) refuses() bool { return c.Mode() == Cut }

func (c *Camera) current() *gortsplib.ServerStream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream
}

// open offers a film's codec, and ends the sessions that watch another.
func (c *Camera) open(f Film) error {
	forma, err := offer(f.Packets[0].Stream)
	if err != nil {
		return err
	}
	media := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{forma}}
	stream := &gortsplib.ServerStream{Server: c.server.rtsp, Desc: &description.Session{Medias: []*description.Media{media}}}
	if err := stream.Initialize(); err != nil {
		return err
	}
	encode, err := encoder(forma)
	if err != nil {
		return err
	}
	if c.stream != nil {
		c.stream.Close()
	}
	c.stream, c.media, c.encode = stream, media, encode
	return nil
}

func encoder(forma format.Format) (func([][]byte) ([]*rtp.Packet, error), error) {
	if f, ok := forma.(*format.H265); ok {
		e, err := f.CreateEncoder()
		if err != nil {
			return nil, err
		}
		return e.Encode, nil
	}
	e, err := forma.(*format.H264).CreateEncoder()
	if err != nil {
		return nil, err
	}
	return e.Encode, nil
}

func offer(s *flow.Stream) (format.Format, error) {
	var sets h264.AnnexB // H.265 parts its units alike
	if err := sets.Unmarshal(s.Extradata); err != nil {
		return nil, fmt.Errorf("parameter sets: %w", err)
	}
	if s.Codec == "hevc" {
		f := &format.H265{PayloadTyp: 96}
		for _, u := range sets {
			switch (u[0] >> 1) & 0x3F {
			case 32:
				f.VPS = u
			case 33:
				f.SPS = u
			case 34:
				f.PPS = u
			}
		}
		return f, nil
	}
	f := &format.H264{PayloadTyp: 96, PacketizationMode: 1}
	for _, u := range sets {
		switch u[0] & 0x1F {
		case 7:
			f.SPS = u
		case 8:
			f.PPS = u
		}
	}
	return f, nil
}

func (c *Camera) stop() {
	close(c.quit)
	<-c.ended
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream.Close()
}

// run shows the film in real time until it is stopped. The loop's length is added
// at each turn, so RTP time never jumps.
func (c *Camera) run() {
	start := time.Now()
	origin := time.Duration(0) // media time of the film's beginning in this turn
	newest := time.Duration(0)
	for {
		c.mu.Lock()
		film := c.film
		c.mu.Unlock()
		for _, p := range film.Packets {
			at := origin + p.PTS
			newest = max(newest, at)
			if !c.waitUntil(start.Add(newest)) {
				return
			}
			if !c.show(film, p, at) {
				break
			}
		}
		origin = newest + film.Length/time.Duration(len(film.Packets))
	}
}

func (c *Camera) waitUntil(t time.Time) bool {
	select {
	case <-c.quit:
		return false
	case <-time.After(time.Until(t)):
		return true
	}
}

// show sends one picture of a film, or what the mode makes of it. It returns
// false where another film is to be shown.
func (c *Camera) show(f Film, p *flow.Packet, at time.Duration) bool {
	mode := c.Mode()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !same(c.film, f) {
		return false
	}
	if mode != Play || p.Key {
		c.showing = mode
	}
	switch c.showing {
	case Black:
		c.send(c.darkest, at)
	case Freeze:
		c.send(c.newest, at)
	case Play:
		if p.Key {
			c.newest = p.Data
		}
		c.send(p.Data, at)
	case Repeat:
		c.send(p.Data, at.Truncate(2*time.Second))
	case Rubbish:
		c.send(rubbish(p.Data), at)
	}
	return true
}

// rubbish returns a picture whose units keep their head and lose their sense.
func rubbish(picture []byte) []byte {
	var units h264.AnnexB
	if units.Unmarshal(picture) != nil {
		return nil
	}
	out := make(h264.AnnexB, len(units))
	for i, u := range units {
		out[i] = append([]byte(nil), u...)
		for k := 2; k < len(u); k++ {
			out[i][k] = byte(rand.IntN(255) + 1) // no zeros: they would begin another unit
		}
	}
	b, err := out.Marshal()
	if err != nil {
		return nil
	}
	return b
}

// send sends a picture in Annex B form; one that is not there is not sent.
func (c *Camera) send(picture []byte, at time.Duration) {
	var units h264.AnnexB // H.265 parts its units alike
	if units.Unmarshal(picture) != nil {
		return
	}
	pkts, err := c.encode(units)
	if err != nil {
		return
	}
	ts := uint32(at * 90 / time.Millisecond) //nolint:gosec // RTP time wraps (RFC 3550 §5.1)
	now := time.Now().Add(c.server.cfg.Clock)
	for _, pkt := range pkts {
		pkt.Timestamp = ts
		c.stream.WritePacketRTPWithNTP(c.media, pkt, now) //nolint:errcheck // nobody watching is no fault
	}
}
