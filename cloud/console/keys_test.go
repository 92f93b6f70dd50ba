package console_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/descope/virtualwebauthn"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
)

// TestASecurityKeyInTheBrowser: a key is added on the account page and shown at the next
// login, in a real browser with an authenticator made of software.
func TestASecurityKeyInTheBrowser(t *testing.T) {
	const public = "http://centre.localhost"
	s := apptest.StartAt(t, public)
	s.Let(t, "duty")
	tab := consoletest.Browser(t, chromedp.Flag("host-resolver-rules", "MAP centre.localhost:80 "+strings.TrimPrefix(s.URL, "http://")))
	var factors, recovery, second string
	err := chromedp.Run(tab,
		webauthn.Enable(),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb, AutomaticPresenceSimulation: true,
			}).Do(ctx)
			return err
		}),
		consoletest.Login(public, "duty", apptest.Password),
		chromedp.Navigate(public+"/account?lang=en"),
		chromedp.Click(`//summary[text()="Add a security key"]`, chromedp.BySearch),
		chromedp.SendKeys(`form[action*="kind=key"] input[name=name]`, "blue key", chromedp.ByQuery),
		chromedp.Submit(`form[action*="kind=key"] input[name=name]`, chromedp.ByQuery),
		chromedp.WaitVisible("#key", chromedp.ByQuery),
		chromedp.Click("#key", chromedp.ByQuery),
		chromedp.Text("#recovery", &recovery, chromedp.ByQuery),
		chromedp.Navigate(public+"/account?lang=en"),
		chromedp.Text("#factors, main", &factors, chromedp.ByQuery),
		chromedp.Click(`form[action="/logout"] button`, chromedp.ByQuery),
		chromedp.WaitVisible("#password", chromedp.ByQuery),
		consoletest.Password(public, "duty", apptest.Password),
		chromedp.WaitVisible("#key", chromedp.ByQuery),
		chromedp.Text("main", &second, chromedp.ByQuery),
		chromedp.Click("#key", chromedp.ByQuery),
		chromedp.WaitVisible(".feed", chromedp.ByQuery),
	)
	if err != nil {
		t.Fatalf("%v; recovery %q, factors %q, second step %q", err, recovery, factors, second)
	}
	if len(strings.Fields(recovery)) != 10 || !strings.Contains(factors, "blue key") || !strings.Contains(factors, "Security key") {
		t.Errorf("recovery %q, factors %q", recovery, factors)
	}
}

// TestASecurityKeyByTheAPI: the same two ceremonies, by a program; the cloud's own checks
// of what is sent hold for both.
func TestASecurityKeyByTheAPI(t *testing.T) {
	const public = "https://centre.example"
	s := apptest.StartAt(t, public)
	v := s.As(t, "duty")
	rp := virtualwebauthn.RelyingParty{ID: "centre.example", Name: "Eastgate", Origin: public}
	auth, key := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	var asked struct {
		Options json.RawMessage `json:"options"`
		State   string          `json:"state"`
	}
	if a := v.Do(t, "GET", "/api/v1/session/second", nil); a.Status != 404 {
		t.Errorf("without a key: %d %s", a.Status, a.Body)
	}
	if code := v.Do(t, "POST", "/api/v1/me/keys", map[string]string{"name": "blue"}).Into(t, &asked); code != 201 {
		t.Fatal(code)
	}
	creation, err := virtualwebauthn.ParseAttestationOptions(`{"publicKey":` + string(asked.Options) + `}`)
	if err != nil {
		t.Fatal(err)
	}
	show := func(answer string) apptest.Answer {
		return v.Do(t, "POST", "/api/v1/session/second", map[string]any{"state": asked.State, "answer": json.RawMessage(answer)})
	}
	if a := show(`{}`); a.Status != 401 {
		t.Errorf("no answer: %d %s", a.Status, a.Body)
	}
	if a := show(virtualwebauthn.CreateAttestationResponse(rp, auth, key, *creation)); a.Status != 200 || !strings.Contains(string(a.Body), `"recovery"`) {
		t.Fatalf("the new key: %d %s", a.Status, a.Body)
	}
	if code := v.Do(t, "GET", "/api/v1/session/second", nil).Into(t, &asked); code != 200 {
		t.Fatal(code)
	}
	request, err := virtualwebauthn.ParseAssertionOptions(`{"publicKey":` + string(asked.Options) + `}`)
	if err != nil {
		t.Fatal(err)
	}
	key.Counter++
	answer := virtualwebauthn.CreateAssertionResponse(rp, auth, key, *request)
	if a := show(answer); a.Status != 200 {
		t.Fatalf("the key: %d %s", a.Status, a.Body)
	}
	if a := show(answer); a.Status != 401 {
		t.Errorf("the same answer again: %d", a.Status)
	}
}
