package onvif

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WS-UsernameToken asks for it
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Bounds on what a device may answer.
const (
	maxBody   = 4 << 20 // a recorder with 64 channels tells of some 200 profiles
	maxDepth  = 64
	maxTokens = 400_000
)

const soapNamespace = "http://www.w3.org/2003/05/soap-envelope"

// A request is one SOAP 1.2 call.
type request struct {
	to     string // address
	action string // as the WSDL names it
	body   string // the element inside Body; prefixes are those of open
	// header is what the service wants in Header besides.
	header string
	// open says that the call needs no login (ONVIF Core §5.9.4, class PRE_AUTH).
	open  bool
	limit time.Duration // 0 means the device's Timeout
}

const open = `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema">`

// ErrNotAuthorized says that the device does not let this user do this.
var ErrNotAuthorized = errors.New("the device refuses user name and password")

// A Fault is what a device answers instead (SOAP 1.2 §5.4; ONVIF Core §5.8.2).
type Fault struct {
	Code     string   // Sender, Receiver …
	Subcodes []string // such as NotAuthorized, without prefix
	Reason   string
}

func (f *Fault) Error() string {
	if f.Is(ErrNotAuthorized) {
		return fmt.Sprintf("%v (%.200s)", ErrNotAuthorized, f.Reason)
	}
	return fmt.Sprintf("the device answers with the fault %s: %.200s", strings.Join(append([]string{f.Code}, f.Subcodes...), "/"), f.Reason)
}

// Is lets errors.Is find ErrNotAuthorized in the fault by which devices say so.
func (f *Fault) Is(target error) bool {
	if target != ErrNotAuthorized {
		return false
	}
	for _, s := range f.Subcodes {
		if s == "NotAuthorized" || s == "FailedAuthentication" || s == "SenderNotAuthorized" || s == "InvalidSecurity" {
			return true
		}
	}
	return false
}

type faultXML struct {
	Code struct {
		Value   string     `xml:"Value"`
		Subcode subcodeXML `xml:"Subcode"`
	} `xml:"Code"`
	Reason string `xml:"Reason>Text"`
}

type subcodeXML struct {
	Value   string      `xml:"Value"`
	Subcode *subcodeXML `xml:"Subcode"`
}

func (f faultXML) fault() *Fault {
	out := &Fault{Code: local(f.Code.Value), Reason: strings.TrimSpace(f.Reason)}
	for s := &f.Code.Subcode; s != nil && s.Value != ""; s = s.Subcode {
		out.Subcodes = append(out.Subcodes, local(s.Value))
	}
	return out
}

// local is a qualified name without its prefix.
func local(name string) string {
	name = strings.TrimSpace(name)
	return name[strings.LastIndexByte(name, ':')+1:]
}

// call does one request and reads the element inside the answer's Body into out. A
// refused login is tried once more after the device's clock was read anew: a digest
// that is minutes off is refused, and clocks of cameras are set and lost.
func (d *Device) call(ctx context.Context, r request, out any) error {
	err := d.post(ctx, r, out)
	if !errors.Is(err, ErrNotAuthorized) || r.open || d.cfg.Username == "" {
		return err
	}
	before := d.Clock().Offset
	if d.readClock(ctx) != nil || (d.Clock().Offset-before).Abs() < time.Second {
		return err
	}
	return d.post(ctx, r, out)
}

func (d *Device) post(ctx context.Context, r request, out any) error {
	limit := r.limit
	if limit == 0 {
		limit = d.cfg.Timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	header := r.header
	if !r.open && d.cfg.Username != "" {
		header = d.token(time.Now()) + header
	}
	text := open + "<s:Header>" + header + "</s:Header><s:Body>" + r.body + "</s:Body></s:Envelope>"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.to, strings.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", fmt.Sprintf("application/soap+xml; charset=utf-8; action=%q", r.action))
	resp, err := d.http.Do(req)
	if err != nil {
		return unwrapped(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return ErrNotAuthorized
	}
	err = read(resp.Body, out)
	if f := (*Fault)(nil); err == nil || errors.As(err, &f) {
		return err // faults come with 400 or 500 (SOAP 1.2 part 2 §7.4), and with 200 from some
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the device answers %s to %s", resp.Status, r.action[strings.LastIndexByte(r.action, '/')+1:])
	}
	return err
}

// unwrapped is an error of net/http without the address, which is said elsewhere.
func unwrapped(err error) error {
	var u interface{ Unwrap() error }
	if errors.As(err, &u) {
		if in := u.Unwrap(); in != nil {
			return in
		}
	}
	return err
}

// read takes an envelope apart.
func read(body io.Reader, out any) error {
	e := struct {
		XMLName xml.Name
		Body    bodyXML
	}{Body: bodyXML{out: out}}
	dec := xml.NewTokenDecoder(&guard{dec: xml.NewDecoder(body)})
	if err := dec.Decode(&e); err != nil {
		return fmt.Errorf("the device's answer cannot be read: %w", err)
	}
	switch {
	case e.XMLName != (xml.Name{Space: soapNamespace, Local: "Envelope"}):
		return fmt.Errorf("the device's answer is no SOAP 1.2 envelope but %.60q", e.XMLName.Local)
	case e.Body.fault != nil:
		return e.Body.fault
	case !e.Body.read:
		return errors.New("the device's answer is empty")
	}
	return nil
}

// bodyXML reads the one element inside Body: a fault, or what was asked for.
type bodyXML struct {
	out   any
	fault *Fault
	read  bool
}

// UnmarshalXML implements xml.Unmarshaler.
func (b *bodyXML) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			switch {
			case t.Name == xml.Name{Space: soapNamespace, Local: "Fault"}:
				var f faultXML
				if err := d.DecodeElement(&f, &t); err != nil {
					return err
				}
				b.fault = f.fault()
			case b.read:
				return errors.New("more than one element in the body")
			default:
				if err := d.DecodeElement(b.out, &t); err != nil {
					return err
				}
				b.read = true
			}
		}
	}
}

// A guard hands tokens on as long as they are such as SOAP 1.2 §5 allows, and not too
// many: no document type, so no entities of the sender's own, and no instructions.
type guard struct {
	dec   *xml.Decoder
	depth int
	count int
}

// Token implements xml.TokenReader.
func (g *guard) Token() (xml.Token, error) {
	t, err := g.dec.RawToken()
	if err != nil {
		return nil, err
	}
	if g.count++; g.count > maxTokens {
		return nil, errors.New("it has too many elements")
	}
	switch t := t.(type) {
	case xml.StartElement:
		if g.depth++; g.depth > maxDepth {
			return nil, errors.New("it is nested too deep")
		}
	case xml.EndElement:
		g.depth--
	case xml.Directive:
		return nil, errors.New("it has a document type, which SOAP forbids")
	case xml.ProcInst:
		if t.Target != "xml" {
			return nil, errors.New("it has a processing instruction, which SOAP forbids")
		}
	}
	return xml.CopyToken(t), nil
}

// token is a WS-UsernameToken with digest: SHA-1 over nonce, the device's time and the
// password (WSS UsernameToken Profile 1.0 §3.1).
func (d *Device) token(now time.Time) string {
	nonce := make([]byte, 16)
	rand.Read(nonce) //nolint:errcheck // never fails (crypto/rand)
	created := now.Add(d.Clock().Offset).UTC().Format("2006-01-02T15:04:05.000Z")
	return fmt.Sprintf(`<Security s:mustUnderstand="1" xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><UsernameToken>`+
		`<Username>%s</Username>`+
		`<Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">%s</Password>`+
		`<Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">%s</Nonce>`+
		`<Created xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">%s</Created></UsernameToken></Security>`,
		escape(d.cfg.Username), PasswordDigest(nonce, created, d.cfg.Password.Reveal()), base64.StdEncoding.EncodeToString(nonce), created)
}

// PasswordDigest is Base64(SHA-1(nonce + created + password)), WSS UsernameToken
// Profile 1.0 §3.1.
func PasswordDigest(nonce []byte, created, password string) string {
	h := sha1.New() //nolint:gosec // as above
	h.Write(nonce)
	io.WriteString(h, created+password) //nolint:errcheck // hashes do not fail
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s)) //nolint:errcheck // buffers do not fail
	return b.String()
}

// messageID is a fresh name for a message, as WS-Addressing wants it.
func messageID() string {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return fmt.Sprintf("urn:uuid:%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// bounded cuts bodies off, also those that a library reads to their end.
type bounded struct{ inner http.RoundTripper }

func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.inner.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody)
	}
	return resp, err
}

// CloseIdleConnections passes on what http.Client asks.
func (b *bounded) CloseIdleConnections() { b.inner.(*http.Transport).CloseIdleConnections() }
