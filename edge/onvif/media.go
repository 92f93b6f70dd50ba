package onvif

import (
	"context"
	"encoding/xml"
	"errors"
	"net/url"
	"strings"
)

// maxProfiles is how many profiles of a device are looked at.
const maxProfiles = 512

// A Profile is one stream of a device and how it is set. What the device does not tell
// is zero.
type Profile struct {
	Token string `json:"token"`
	Name  string `json:"name"`
	// Source tells the lenses or channels of one device apart.
	Source string `json:"source"`
	// Encoding is H264, H265, JPEG, MPEG4 … in capitals.
	Encoding  string  `json:"encoding"`
	CodecNote string  `json:"codec_profile,omitempty"` // Baseline, Main, High …
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	FPS       float64 `json:"fps"`
	GovLength int     `json:"gov_length"` // pictures from one key picture to the next
	Kbps      int     `json:"kbit_per_s"` // limit
	media     string  // the service that told of it
}

// KeyInterval is how far key pictures are apart in seconds as the device says; 0 where
// it does not.
func (p Profile) KeyInterval() float64 {
	if p.FPS <= 0 {
		return 0
	}
	return float64(p.GovLength) / p.FPS
}

type encoderXML struct {
	Encoding  string
	Width     int       `xml:"Resolution>Width"`
	Height    int       `xml:"Resolution>Height"`
	FPS       float64   `xml:"RateControl>FrameRateLimit"`
	Kbps      float64   `xml:"RateControl>BitrateLimit"`
	GovLength int       `xml:"GovLength,attr"` // Media2
	Profile   string    `xml:"Profile,attr"`
	H264      *struct { // Media1
		GovLength int
		Profile   string `xml:"H264Profile"`
	}
}

func (e encoderXML) profile(media, token, name, source string) Profile {
	p := Profile{
		Token: token, Name: name, Source: source, media: media,
		Encoding: strings.ToUpper(strings.TrimPrefix(strings.ToLower(e.Encoding), "video/")), CodecNote: e.Profile,
		Width: e.Width, Height: e.Height, FPS: e.FPS, GovLength: e.GovLength, Kbps: int(e.Kbps),
	}
	if e.H264 != nil {
		p.GovLength, p.CodecNote = e.H264.GovLength, e.H264.Profile
	}
	return p
}

type profiles2XML struct {
	XMLName  xml.Name `xml:"http://www.onvif.org/ver20/media/wsdl GetProfilesResponse"`
	Profiles []struct {
		Token   string `xml:"token,attr"`
		Name    string
		Source  string      `xml:"Configurations>VideoSource>SourceToken"`
		Encoder *encoderXML `xml:"Configurations>VideoEncoder"`
	}
}

type profiles1XML struct {
	XMLName  xml.Name `xml:"http://www.onvif.org/ver10/media/wsdl GetProfilesResponse"`
	Profiles []struct {
		Token   string `xml:"token,attr"`
		Name    string
		Source  string      `xml:"VideoSourceConfiguration>SourceToken"`
		Encoder *encoderXML `xml:"VideoEncoderConfiguration"`
	}
}

// Profiles lists the device's streams with pictures, by Media2 (which knows H.265) and,
// where that is lacking or refuses, by Media1.
func (d *Device) Profiles(ctx context.Context) ([]Profile, error) {
	if d.Has(NamespaceMedia2) {
		out, err := d.profiles2(ctx)
		if f := (*Fault)(nil); err == nil && len(out) > 0 || !d.Has(NamespaceMedia1) || err != nil && !errors.As(err, &f) {
			return out, err
		}
	}
	return d.profiles1(ctx)
}

func (d *Device) profiles2(ctx context.Context) ([]Profile, error) {
	var a profiles2XML
	err := d.call(ctx, request{
		to: d.services[NamespaceMedia2], action: NamespaceMedia2 + "/GetProfiles",
		body: "<tr2:GetProfiles><tr2:Type>VideoSource</tr2:Type><tr2:Type>VideoEncoder</tr2:Type></tr2:GetProfiles>",
	}, &a)
	var out []Profile
	for _, p := range a.Profiles {
		if p.Encoder != nil && len(out) < maxProfiles {
			out = append(out, p.Encoder.profile(NamespaceMedia2, p.Token, p.Name, p.Source))
		}
	}
	return out, err
}

func (d *Device) profiles1(ctx context.Context) ([]Profile, error) {
	to, err := d.at(NamespaceMedia1)
	if err != nil {
		return nil, err
	}
	var a profiles1XML
	err = d.call(ctx, request{to: to, action: NamespaceMedia1 + "/GetProfiles", body: "<trt:GetProfiles/>"}, &a)
	var out []Profile
	for _, p := range a.Profiles {
		if p.Encoder != nil && len(out) < maxProfiles {
			out = append(out, p.Encoder.profile(NamespaceMedia1, p.Token, p.Name, p.Source))
		}
	}
	return out, err
}

type uriXML struct {
	XMLName xml.Name // GetStreamUriResponse or GetSnapshotUriResponse
	URI1    string   `xml:"MediaUri>Uri"`
	URI2    string   `xml:"Uri"`
}

// StreamURI is the RTSP address of a profile, without user and password.
func (d *Device) StreamURI(ctx context.Context, p Profile) (string, error) {
	body := "<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup>" +
		"<trt:ProfileToken>" + escape(p.Token) + "</trt:ProfileToken></trt:GetStreamUri>"
	if p.media == NamespaceMedia2 {
		body = "<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>" + escape(p.Token) + "</tr2:ProfileToken></tr2:GetStreamUri>"
	}
	return d.uri(ctx, p, "GetStreamUri", body, "rtsp", "rtsps")
}

// SnapshotURI is where one picture of a profile can be fetched.
func (d *Device) SnapshotURI(ctx context.Context, p Profile) (string, error) {
	prefix := "trt"
	if p.media == NamespaceMedia2 {
		prefix = "tr2"
	}
	body := "<" + prefix + ":GetSnapshotUri><" + prefix + ":ProfileToken>" + escape(p.Token) + "</" + prefix + ":ProfileToken></" + prefix + ":GetSnapshotUri>"
	return d.uri(ctx, p, "GetSnapshotUri", body, "http", "https")
}

func (d *Device) uri(ctx context.Context, p Profile, operation, body string, schemes ...string) (string, error) {
	to, err := d.at(p.media)
	if err != nil {
		return "", err
	}
	var a uriXML
	if err := d.call(ctx, request{to: to, action: p.media + "/" + operation, body: body}, &a); err != nil {
		return "", err
	}
	at, err := d.here(a.URI1 + a.URI2)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(at)
	if err != nil || (u.Scheme != schemes[0] && u.Scheme != schemes[1]) {
		return "", errors.New("the device answers " + operation + " with an address that is not " + schemes[0])
	}
	return at, nil
}
