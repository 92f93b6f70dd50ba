package onvif

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Stream is a profile with its address and what was measured of it.
type Stream struct {
	Profile
	URI      string `json:"uri"`
	Snapshot string `json:"snapshot,omitempty"`
	// Measured is how far key pictures really were apart, in seconds; nil where the
	// stream was not watched.
	Measured *float64 `json:"measured_key_interval_s,omitempty"`
}

// A Lens is one source of video of a device and its streams, the finest first.
type Lens struct {
	Source  string   `json:"source"`
	Streams []Stream `json:"streams"`
}

// Main is the finest stream.
func (l Lens) Main() *Stream { return &l.Streams[0] }

// Sub is the finest of the smaller streams; nil where there is none.
func (l Lens) Sub() *Stream {
	if len(l.Streams) < 2 {
		return nil
	}
	return &l.Streams[1]
}

// Advice says what to change at l.
func (l Lens) Advice() []Advice {
	out := AdviseMain(*l.Main())
	if l.Sub() != nil {
		return append(out, AdviseSub(*l.Sub())...)
	}
	return append(out, AdviseSource(l.Streams)...)
}

// A Survey is what a device tells of itself.
type Survey struct {
	Information
	Host   string `json:"host"`
	Clock  Clock  `json:"-"`
	Lenses []Lens `json:"lenses"`
}

// Look asks a device for all that a configuration needs. What it tells is cut to one
// printable line each.
func Look(ctx context.Context, cfg Config) (Survey, error) {
	d, err := Dial(ctx, cfg)
	if err != nil {
		return Survey{}, err
	}
	defer d.Close()
	s := Survey{Host: d.Host(), Clock: d.Clock()}
	if s.Information, err = d.Information(ctx); err != nil {
		return s, fmt.Errorf("%s: %w", s.Host, err)
	}
	for _, w := range []*string{&s.Manufacturer, &s.Model, &s.Firmware, &s.Serial, &s.Hardware} {
		*w = word(*w)
	}
	profiles, err := d.Profiles(ctx)
	if err != nil {
		return s, fmt.Errorf("%s: streams: %w", s.Host, err)
	}
	for _, p := range profiles {
		p.Name, p.Source = word(p.Name), word(p.Source)
		st := Stream{Profile: p}
		if st.URI, err = d.StreamURI(ctx, p); err != nil {
			return s, fmt.Errorf("%s: address of stream %.40q: %w", s.Host, p.Token, err)
		}
		if st.Snapshot, err = d.SnapshotURI(ctx, p); err != nil {
			st.Snapshot = "" // not every device has one
		}
		s.add(st)
	}
	if len(s.Lenses) == 0 {
		return s, errors.New(s.Host + ": the device has no stream with pictures")
	}
	s.order()
	return s, nil
}

// add puts a stream to its lens. Two profiles with the same address are one stream.
func (s *Survey) add(st Stream) {
	i := slices.IndexFunc(s.Lenses, func(l Lens) bool { return l.Source == st.Source })
	if i < 0 {
		s.Lenses = append(s.Lenses, Lens{Source: st.Source, Streams: []Stream{st}})
		return
	}
	if !slices.ContainsFunc(s.Lenses[i].Streams, func(o Stream) bool { return o.URI == st.URI }) {
		s.Lenses[i].Streams = append(s.Lenses[i].Streams, st)
	}
}

func (s *Survey) order() {
	slices.SortFunc(s.Lenses, func(a, b Lens) int { return strings.Compare(a.Source, b.Source) })
	for _, l := range s.Lenses {
		slices.SortStableFunc(l.Streams, func(a, b Stream) int { return b.Width*b.Height - a.Width*a.Height })
	}
}
