package config

import (
	"errors"
	"strings"
	"testing"
)

// TestNothingIsPlainBeyondThisMachine reads files that would have people or boxes come in
// without TLS.
func TestNothingIsPlainBeyondThisMachine(t *testing.T) {
	const base = "store: sqlite:/d/cloud.db\nevidence_dir: /d/e\n"
	for text, want := range map[string]string{
		"listen: 127.0.0.1:8080\n":                                                                                                 "",
		"listen: 0.0.0.0:8443\npublic_url: https://a.example\n":                                                                    "",
		"listen: 0.0.0.0:8080\npublic_url: http://a.example:8080\n":                                                                "public_url: pages beyond this machine go over TLS",
		"listen: 192.0.2.1:8080\npublic_url: https://a.example\ntrusted_proxies: [192.0.2.9]\n":                                    "",
		"listen: 192.0.2.1:8080\npublic_url: https://a.example\ntrusted_proxies: [the proxy]\n":                                    "trusted_proxies",
		"boxes: {secrets: loopback}\n":                                                                                             "",
		"boxes: {secrets: loopback}\nbroker: {listen: \"0.0.0.0:1883\"}\n":                                                         "boxes.secrets",
		"boxes: {secrets: tunnel}\nlisten: 10.8.0.1:8080\npublic_url: http://10.8.0.1:8080\nbroker: {listen: \"10.8.0.1:1883\"}\n": "",
		"boxes: {secrets: tunnel}\nlisten: 203.0.113.1:8080\npublic_url: https://a.example\nbroker: {listen: \"10.8.0.1:1883\"}\n": "boxes.secrets",
		"boxes: {secrets: tunnel}\nbroker: {listen: \"0.0.0.0:1883\"}\n":                                                           "boxes.secrets",
		"boxes: {secrets: loopback}\nlisten: 0.0.0.0:8443\npublic_url: https://a.example\n":                                        "boxes.secrets",
		"boxes: {secrets: always}\n":                                                                                               "boxes.secrets",
		"boxes: {listen: \"\"}\n":                                                                                                  "boxes.listen",
		"tls: {cert: a.pem}\n":                                                                                                     "tls: cert and key",
		"authority: {key: a.pem}\n":                                                                                                "authority: cert and key",
	} {
		_, faults := Parse([]byte(base + text))
		if got := errors.Join(faults...); (got == nil) != (want == "") || (got != nil && !strings.Contains(got.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, got, want)
		}
	}
	for text, tls := range map[string]bool{
		"": false,
		"listen: 0.0.0.0:8443\npublic_url: https://a.example\n":                                 true,
		"listen: 192.0.2.1:8080\npublic_url: https://a.example\ntrusted_proxies: [192.0.2.9]\n": false,
	} {
		if f, _ := Parse([]byte(base + text)); f.PagesTLS() != tls {
			t.Errorf("%q: TLS is %v", text, f.PagesTLS())
		}
	}
}
