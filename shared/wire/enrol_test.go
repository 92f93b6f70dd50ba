package wire

import (
	"crypto/x509"
	"net/url"
	"strings"
	"testing"
)

func TestACodeIsReadAsItWasTyped(t *testing.T) {
	authority, other := &x509.Certificate{Raw: []byte("one")}, &x509.Certificate{Raw: []byte("two")}
	c := NewCode(authority)
	text := c.Reveal()
	if len(text) != 48 || strings.Count(text, "-") != 6 {
		t.Errorf("%q is not seven groups of six", text)
	}
	for _, typed := range []string{text, " " + strings.ToUpper(text) + "\n", strings.ReplaceAll(text, "-", " "), strings.ReplaceAll(text, "0", "o"), strings.ReplaceAll(text, "1", "L")} {
		got, err := ParseCode(typed)
		if err != nil || got != c || !got.Of(authority) || got.Of(other) {
			t.Errorf("%q: %v, %v", typed, got, err)
		}
	}
	for _, bad := range []string{"", "abc", text[1:], text + "0", strings.Replace(text, text[:1], "u", 1)} {
		if _, err := ParseCode(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if strings.Contains(c.String(), text[:6]) || c.Hash() == NewCode(authority).Hash() {
		t.Error("a code shows itself, or is made twice")
	}
}

func TestWhoseACertificateIs(t *testing.T) {
	uri := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	site, box, err := BoxOf(&x509.Certificate{URIs: []*url.URL{uri("https://else.example/x"), BoxURI("garden", "gate-1")}})
	if site != "garden" || box != "gate-1" || err != nil {
		t.Errorf("%s/%s, %v", site, box, err)
	}
	for _, bad := range []string{"eastgate://garden/gate-1/more", "eastgate://garden", "eastgate://garden/gate-1?x", "eastgate://u@garden/gate-1", "eastgate://garden:1/gate-1", "eastgate://GARDEN/gate-1", "https://garden/gate-1"} {
		if site, box, err := BoxOf(&x509.Certificate{URIs: []*url.URL{uri(bad)}}); err == nil {
			t.Errorf("%s is %s/%s", bad, site, box)
		}
	}
	if _, _, err := BoxOf(&x509.Certificate{URIs: []*url.URL{BoxURI("garden", "gate-1"), BoxURI("garden", "gate-2")}}); err == nil {
		t.Error("two boxes are one")
	}
}
