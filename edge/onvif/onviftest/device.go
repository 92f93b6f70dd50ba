// Package onviftest is an ONVIF device for tests and the demo: it answers probes, speaks
// SOAP 1.2 with WS-UsernameToken and HTTP digest, refuses what a device refuses with the
// faults that the specification names, and sends events by pull point. Its envelopes
// stand in the folder envelopes, after those of the ONVIF specifications.
package onviftest

import (
	"bytes"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/icholy/digest"

	"eastgate/edge/onvif"
)

// Login is how a device wants to be logged in to.
type Login int

// Cameras differ.
const (
	Token      Login = iota // WS-UsernameToken in the envelope
	HTTPDigest              // RFC 7616, with MD5
)

// Config says what the device is like.
type Config struct {
	Username, Password string
	Login              Login
	// Skew is the device's clock minus ours.
	Skew time.Duration
	// Manufacturer and Model are what it says that it is.
	Manufacturer, Model string
	// OnlyMedia1 makes a device of Profile S, OnlyCapabilities one that is older still.
	OnlyMedia1, OnlyCapabilities bool
	// Elsewhere is the host that it names in its addresses, as behind a router.
	Elsewhere string
	// NoRenew refuses to renew subscriptions.
	NoRenew  bool
	Profiles []Profile
}

// A Profile is one stream.
type Profile struct {
	Token, Source, Encoding string
	Width, Height           int
	FPS, GovLength, Kbps    int
	URI                     string // empty: an address at the device itself
}

// Usual are the profiles of a camera that is set as we recommend.
func Usual() []Profile {
	return []Profile{
		{Token: "Profile_1", Source: "VideoSource_1", Encoding: "H264", Width: 1920, Height: 1080, FPS: 25, GovLength: 50, Kbps: 4096},
		{Token: "Profile_2", Source: "VideoSource_1", Encoding: "H264", Width: 704, Height: 576, FPS: 10, GovLength: 10, Kbps: 512},
	}
}

// A Device answers at URL until Close.
type Device struct {
	URL string

	cfg    Config
	server *http.Server
	listen net.Listener
	events *events

	mu     sync.Mutex
	skew   time.Duration
	nonces map[string]bool
	asked  map[string]int // operations, by name
}

// New starts a device on a free port of this machine.
func New(cfg Config) *Device {
	d, err := Listen("127.0.0.1:0", cfg)
	if err != nil {
		panic(fmt.Sprintf("onviftest: %v", err)) // as httptest does
	}
	return d
}

// Listen starts a device at an address.
func Listen(addr string, cfg Config) (*Device, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if cfg.Manufacturer == "" {
		cfg.Manufacturer, cfg.Model = "Eastgate", "simulated"
	}
	if cfg.Profiles == nil {
		cfg.Profiles = Usual()
	}
	d := &Device{
		URL: "http://" + l.Addr().String() + onvif.ServicePath, cfg: cfg, listen: l,
		skew: cfg.Skew, nonces: map[string]bool{}, asked: map[string]int{},
	}
	d.events = newEvents(d.now)
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	go d.server.Serve(l) //nolint:errcheck // until Close
	return d, nil
}

// Close ends the device, and whatever waits for its answers.
func (d *Device) Close() {
	d.events.restart()
	d.server.Close()
}

// SetClock sets the device's clock, as somebody at its menu would.
func (d *Device) SetClock(skew time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skew = skew
}

// Asked is how often an operation was asked for.
func (d *Device) Asked(operation string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[operation]
}

func (d *Device) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Add(d.skew).UTC()
}

// A call is what was asked.
type call struct {
	Header struct {
		Security struct {
			Token struct {
				Username string
				Password string
				Nonce    string
				Created  string
			} `xml:"UsernameToken"`
		}
		Subscription string `xml:"SubscriptionId"`
	}
	Body struct {
		Operation operation `xml:",any"`
	}
}

type operation struct {
	XMLName         xml.Name
	ProfileToken    string
	Timeout         string
	MessageLimit    int
	TerminationTime string
	Setup           *struct {
		Stream   string
		Protocol string `xml:"Transport>Protocol"`
	} `xml:"StreamSetup"`
	Protocol string
}

// ServeHTTP answers one call.
func (d *Device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d.cfg.Login == HTTPDigest && d.cfg.Username != "" && !d.digestOK(r) && !d.isOpen(r) {
		w.Header().Set("WWW-Authenticate", (&digest.Challenge{Realm: "eastgate", Nonce: base64.StdEncoding.EncodeToString([]byte(d.now().Format(time.RFC3339))), QOP: []string{"auth"}, Algorithm: "MD5"}).String())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var c call
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || xml.Unmarshal(body, &c) != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/soap+xml") {
		d.fault(w, http.StatusBadRequest, "s:Sender", "ter:WellFormed", "Well-formed Error")
		return
	}
	op := c.Body.Operation.XMLName
	d.mu.Lock()
	d.asked[op.Local]++
	d.mu.Unlock()
	if d.cfg.Login == Token && d.cfg.Username != "" && op.Local != "GetSystemDateAndTime" && !d.tokenOK(c) {
		d.fault(w, http.StatusBadRequest, "s:Sender", "ter:NotAuthorized", "Sender not Authorized")
		return
	}
	d.answer(w, r, c)
}

// isOpen lets through what needs no login; the body is put back.
func (d *Device) isOpen(r *http.Request) bool {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && bytes.Contains(body, []byte(":GetSystemDateAndTime"))
}

func (d *Device) digestOK(r *http.Request) bool {
	got, err := digest.ParseCredentials(r.Header.Get("Authorization"))
	if err != nil || got.Username != d.cfg.Username {
		return false
	}
	want, err := digest.Digest(
		&digest.Challenge{Realm: "eastgate", Nonce: got.Nonce, QOP: []string{"auth"}, Algorithm: "MD5"},
		digest.Options{Method: r.Method, URI: r.URL.RequestURI(), Count: got.Nc, Cnonce: got.Cnonce, Username: d.cfg.Username, Password: d.cfg.Password})
	return err == nil && subtle.ConstantTimeCompare([]byte(want.Response), []byte(got.Response)) == 1
}

// tokenOK checks a UsernameToken as WSS UsernameToken Profile 1.0 §3.1 wants: digest,
// a time close to the device's own, and no nonce twice.
func (d *Device) tokenOK(c call) bool {
	t := c.Header.Security.Token
	nonce, err := base64.StdEncoding.DecodeString(t.Nonce)
	created, err2 := time.Parse(time.RFC3339Nano, t.Created)
	if err != nil || err2 != nil || t.Username != d.cfg.Username || len(nonce) == 0 {
		return false
	}
	if d.now().Sub(created).Abs() > 5*time.Second {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.nonces[t.Nonce] {
		return false
	}
	d.nonces[t.Nonce] = true
	return t.Password == onvif.PasswordDigest(nonce, t.Created, d.cfg.Password)
}

//go:embed envelopes
var files embed.FS

var envelopes = template.Must(template.New("").Funcs(template.FuncMap{"x": escaped, "stamp": stamp}).ParseFS(files, "envelopes/*.xml"))

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) //nolint:errcheck // builders do not fail
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (d *Device) write(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := envelopes.ExecuteTemplate(&b, name+".xml", data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

func (d *Device) fault(w http.ResponseWriter, status int, code, subcode, reason string) {
	d.write(w, status, "Fault", map[string]string{"Code": code, "Subcode": subcode, "Reason": reason})
}

// base is what the device believes its own address to be.
func (d *Device) base(r *http.Request) string {
	host := r.Host
	if d.cfg.Elsewhere != "" {
		_, port, _ := strings.Cut(r.Host, ":")
		host = d.cfg.Elsewhere + ":" + port
	}
	return "http://" + host
}

// profile fills a profile's address in.
func (p Profile) at(base string) Profile {
	if p.URI == "" {
		p.URI = fmt.Sprintf("rtsp://%s/%s", strings.TrimPrefix(base, "http://"), p.Token)
	}
	return p
}
