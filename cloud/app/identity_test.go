package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"eastgate/cloud/app/apptest"
	"eastgate/edge/identity"
)

// TestBoxesHaveADoorOfTheirOwn asks a whole cloud, on the port of boxes and on that of
// people, with a box's certificate and without.
func TestBoxesHaveADoorOfTheirOwn(t *testing.T) {
	s := apptest.Start(t)
	code, _, err := s.Identity().Code(t.Context(), "sysadmin", "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := identity.Enrol(t.Context(), dir, s.BoxesURL(), code.Reveal()); err != nil {
		t.Fatal(err)
	}
	own, err := identity.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	shows, err := own.TLS()
	if err != nil {
		t.Fatal(err)
	}
	without := shows.Clone()
	without.GetClientCertificate = nil
	box := &http.Client{Transport: &http.Transport{TLSClientConfig: shows}}
	nobody := &http.Client{Transport: &http.Transport{TLSClientConfig: without}}
	const picture = "a picture"
	sum := sha256.Sum256([]byte(picture))
	evidence := "/v1/evidence/" + hex.EncodeToString(sum[:])
	for _, c := range []struct {
		what   string
		client *http.Client
		method string
		url    string
		want   int
	}{
		{"evidence without a certificate", nobody, http.MethodPut, s.BoxesURL() + evidence, http.StatusUnauthorized},
		{"moving pictures without a certificate", nobody, http.MethodGet, s.BoxesURL() + "/v1/publish/x", http.StatusUnauthorized},
		{"another certificate without one", nobody, http.MethodPost, s.BoxesURL() + "/v1/identity/renew", http.StatusUnauthorized},
		{"evidence on the port of people", http.DefaultClient, http.MethodPut, s.URL + evidence, http.StatusNotFound},
		{"pages on the port of boxes", box, http.MethodGet, s.BoxesURL() + "/api/v1/boxes", http.StatusNotFound},
		{"evidence", box, http.MethodPut, s.BoxesURL() + evidence, http.StatusCreated},
		{"moving pictures that nobody asked for", box, http.MethodGet, s.BoxesURL() + "/v1/publish/x", http.StatusMisdirectedRequest},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("garden/gate-1", "secret")
		resp, err := c.client.Do(req)
		if err != nil {
			t.Fatal(c.what, err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.what, resp.StatusCode, c.want)
		}
	}
}
