package cameratest

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
)

// A Reel is a film cut into RTP packets once. Any number of cameras show it at the
// same time and share its packets.
type Reel struct {
	film     Film
	pictures []cut
	groups   []int // where each group of pictures begins
}

// A cut picture is its RTP packets, and when it is shown.
type cut struct {
	at      time.Duration
	packets []*rtp.Packet
}

// LoadReel reads a film from a file of H.264 or H.265 pictures and cuts it.
func LoadReel(path string) (*Reel, error) {
	film, err := Load(path)
	if err != nil {
		return nil, err
	}
	r, err := cutFilm(film)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func cutFilm(film Film) (*Reel, error) {
	forma, err := offer(film.Packets[0].Stream)
	if err != nil {
		return nil, err
	}
	encode, err := encoder(forma)
	if err != nil {
		return nil, err
	}
	r := &Reel{film: film}
	for i, p := range film.Packets {
		if i > 0 && p.PTS <= film.Packets[i-1].PTS {
			return nil, errors.New("it has B-pictures; cameras send none")
		}
		var units h264.AnnexB // H.265 parts its units alike
		if err := units.Unmarshal(p.Data); err != nil {
			return nil, fmt.Errorf("picture %d: %w", i, err)
		}
		packets, err := encode(units)
		if err != nil {
			return nil, fmt.Errorf("picture %d: %w", i, err)
		}
		if p.Key {
			r.groups = append(r.groups, i)
		}
		r.pictures = append(r.pictures, cut{p.PTS, packets})
	}
	return r, nil
}

// Length is how long the reel runs.
func (r *Reel) Length() time.Duration { return r.film.Length }

// Stream says how the reel is coded.
func (r *Reel) Stream() *flow.Stream { return r.film.Packets[0].Stream }

// group returns the pictures of a group, when it begins and how long it lasts.
func (r *Reel) group(i int) (pictures []cut, begin, length time.Duration) {
	first, end, until := r.groups[i], len(r.pictures), r.film.Length
	if i+1 < len(r.groups) {
		end = r.groups[i+1]
		until = r.pictures[end].at
	}
	begin = r.pictures[first].at
	return r.pictures[first:end], begin, until - begin
}
