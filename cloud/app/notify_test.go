package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/config"
	"eastgate/cloud/incident"
	"eastgate/cloud/notify"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/organisation"
	"eastgate/cloud/register"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

var bots = []robottest.Robot{
	{Name: "duty", Kind: robottest.WeCom, Key: "duty-key-0123456789"},
	{Name: "sms", Kind: robottest.SMS, Key: "sms-token-0123456789"},
}

// phones starts robots and writes the secrets that lead to them.
func phones(t *testing.T) (*robottest.Server, config.Notify, config.Contacts) {
	t.Helper()
	s, dir := robottest.New(nil), t.TempDir()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	ref := func(name, word string) secret.Ref {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(word), 0o600); err != nil {
			t.Fatal(err)
		}
		return secret.Ref{File: path}
	}
	for _, r := range bots {
		s.Add(r)
	}
	n := config.Notify{
		Robots: map[string]config.Robot{
			"duty": {Kind: "wecom", URL: ref("duty", bots[0].URL(web.URL))},
			"sms":  {Kind: "sms", URL: ref("sms", bots[1].URL(web.URL)), Token: ref("token", bots[1].Key), Sign: "东关社区", Templates: map[string]string{"default": "SMS_1"}},
		},
		Routes: []config.Route{{Robot: "duty", To: []string{"duty"}}, {Robot: "sms", To: []string{"duty"}, Levels: []int{1}, AtOnce: true}},
	}
	return s, n, config.Contacts{Key: ref("contacts", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="), KeepDays: 30}
}

// watched is a community with phones, and "duty" on its roster.
func watched(t *testing.T) (*apptest.Site, *robottest.Server) {
	t.Helper()
	robots, n, contacts := phones(t)
	dir := t.TempDir()
	s := apptest.Open(t, config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Store: storetest.Address(t), EvidenceDir: filepath.Join(dir, "evidence"),
		EvidenceBytes: 1 << 30, Broker: config.Broker{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")}, Authority: config.Authority{Dir: filepath.Join(dir, "authority")}, Notify: n, Contacts: contacts,
	})
	s.Let(t, "duty", "watch", "handler")
	keys, err := organisation.ParseKeys("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
	if err != nil {
		t.Fatal(err)
	}
	book := organisation.New(s.Store(), keys, register.New(s.Store(), register.NewMetrics(prometheus.NewRegistry())))
	c, err := book.AddContact(t.Context(), access.CommandLine("test"), organisation.Contact{Organisation: "community", Name: "王伟"}, "13800000001")
	if err != nil {
		t.Fatal(err)
	}
	lead := s.As(t, "lead")
	roster := map[string]any{"turns": []map[string]any{{"account": "duty", "contact": c.ID, "order": 1, "handles": map[string]string{"wecom": "WangWei"}}}}
	if a := lead.Do(t, "PUT", "/api/v1/duty-roster", roster, "If-Match", `"0"`); a.Status != http.StatusOK {
		t.Fatalf("roster: %d %s", a.Status, a.Body)
	}
	if a := lead.Do(t, "PUT", "/api/v1/duty-roster", roster, "If-Match", `"0"`); a.Status != http.StatusPreconditionFailed {
		t.Errorf("a roster that somebody else has changed: %d", a.Status)
	}
	if a := s.As(t, "duty").Do(t, "PUT", "/api/v1/duty-roster", roster, "If-Match", `"1"`); a.Status != http.StatusForbidden {
		t.Errorf("a roster by who may not: %d", a.Status)
	}
	return s, robots
}

// came waits for a message of a robot.
func came(t *testing.T, s *robottest.Server, robot string) robottest.Message {
	t.Helper()
	for end := time.After(30 * time.Second); ; {
		told := s.Told()
		for _, m := range s.Messages() {
			if m.Robot == robot {
				return m
			}
		}
		select {
		case <-told:
		case <-end:
			t.Fatalf("nothing came to %s", robot)
		}
	}
}

// A phone opens links as a person's browser does, with what it has stored.
type phone struct {
	*testing.T
	http.Client
	base string
}

func newPhone(t *testing.T, s *apptest.Site) *phone {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &phone{T: t, Client: http.Client{Jar: jar}, base: s.URL}
}

// at is where a link leads in this test.
func (p *phone) at(link string) string { return p.base + strings.TrimPrefix(link, "http://127.0.0.1") }

func (p *phone) read(resp *http.Response, err error) (int, string) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func (p *phone) open(link string) (int, string) { return p.read(p.Get(p.at(link))) }

func (p *phone) tap(link string, form url.Values) (int, string) {
	return p.read(p.PostForm(p.at(link), form))
}

func now(t *testing.T, s *apptest.Site, id string) incident.Incident {
	t.Helper()
	i, err := s.Incidents().Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestAFireIsTakenFromThePhone: a machine's word pages who is on duty before anybody
// has confirmed it; looking at the link changes nothing, a tap takes the incident as
// that person, with a row in the register, once.
func TestAFireIsTakenFromThePhone(t *testing.T) {
	s, robots := watched(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	text, group := came(t, robots, "sms"), came(t, robots, "duty")
	if text.To != "13800000001" || len(text.Links) != 1 || len(group.Links) != 1 || group.Mention[0] != "WangWei" {
		t.Fatalf("%+v\n%+v", text, group)
	}
	p := newPhone(t, s)
	for range 3 { // a chat's preview, a virus scanner, the person
		if status, page := p.open(text.Links[0]); status != http.StatusOK || !strings.Contains(page, i.Number) || !strings.Contains(page, "我来处理") {
			t.Fatalf("%d %s", status, page)
		}
	}
	if got := now(t, s, i.ID); got.TakenBy != "" || got.ConfirmedAt != nil {
		t.Fatal("looking has taken it")
	}
	if status, page := p.tap(text.Links[0], nil); status != http.StatusOK || !strings.Contains(page, "已记录") {
		t.Fatalf("%d %s", status, page)
	}
	if got := now(t, s, i.ID); got.TakenBy != "duty" || got.State != incident.Signalled {
		t.Errorf("taken by %q, %s", got.TakenBy, got.State)
	}
	if status, page := p.tap(text.Links[0], nil); status != http.StatusOK || !strings.Contains(page, "已记录") {
		t.Errorf("a second tap of the same person: %d %s", status, page)
	}
	rows, err := s.Store().Register(t.Context(), register.Query{Act: register.Acknowledge, Limit: 10})
	if err != nil || len(rows) != 1 || rows[0].Who != "duty" || rows[0].Case != i.Number {
		t.Errorf("the register: %+v %v", rows, err)
	}
	// The group's link names nobody; who comes late is told who has it.
	if status, page := newPhone(t, s).tap(group.Links[0], url.Values{"name": {"watch"}, "password": {apptest.Password}}); status != http.StatusConflict || !strings.Contains(page, "duty") {
		t.Errorf("the second to tap: %d %s", status, page)
	}
	var told []notify.Message
	s.As(t, "duty").Do(t, "GET", "/api/v1/notify/messages?incident="+i.ID, nil).Into(t, &told)
	if len(told) < 2 {
		t.Errorf("messages of the incident: %+v", told)
	}
	for _, m := range told {
		if body, _ := json.Marshal(m); strings.Contains(string(body), bots[0].Key) || strings.Contains(string(body), "13800000001") {
			t.Errorf("a secret or a number is shown: %s", body)
		}
	}
}

// TestAGroupsLinkWantsALogin: it is bound to nobody, so who taps says who he is; a
// link of one person does nothing for another.
func TestAGroupsLinkWantsALogin(t *testing.T) {
	s, robots := watched(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	group, text := came(t, robots, "duty").Links[0], came(t, robots, "sms").Links[0]
	p := newPhone(t, s)
	for name, x := range map[string]struct {
		link   string
		form   url.Values
		header string
		want   int
		says   string
	}{
		"nobody":                  {group, nil, "", http.StatusUnauthorized, "请填写账号"},
		"a wrong password":        {group, url.Values{"name": {"watch"}, "password": {"wrong"}}, "", http.StatusUnauthorized, "不对"},
		"who has no part in it":   {group, url.Values{"name": {"sysadmin"}, "password": {apptest.Password}}, "", http.StatusForbidden, "没有权限"},
		"another person's link":   {text, url.Values{"name": {"watch"}, "password": {apptest.Password}}, "", http.StatusForbidden, "发给别人"},
		"a link that nobody made": {"/a/AAAAAAAAAAAAAAAAAAAAAAAA", nil, "", http.StatusNotFound, "不存在"},
	} {
		s.Let(t, "sysadmin")
		if status, page := newPhone(t, s).tap(x.link, x.form); status != x.want || !strings.Contains(page, x.says) {
			t.Errorf("%s: %d %s", name, status, page)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", p.at(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://elsewhere.example")
	if status, _ := p.read(p.Do(req)); status != http.StatusForbidden {
		t.Errorf("from another page: %d", status)
	}
	if got := now(t, s, i.ID); got.TakenBy != "" {
		t.Fatalf("taken by %s", got.TakenBy)
	}
	if status, page := p.tap(group, url.Values{"name": {"watch"}, "password": {apptest.Password}}); status != http.StatusOK {
		t.Errorf("with the tap: %d %s", status, page)
	}
	if got := now(t, s, i.ID); got.TakenBy != "watch" {
		t.Errorf("taken by %q", got.TakenBy)
	}
	var health []notify.Health
	s.As(t, "duty").Do(t, "GET", "/api/v1/notify/health", nil).Into(t, &health)
	if len(health) != 2 || health[0].Robot != "duty" || health[0].SucceededAt == nil || health[0].Budget >= 18 {
		t.Errorf("%+v", health)
	}
	if a := s.As(t, "handler").Do(t, "GET", "/api/v1/notify/health", nil); a.Status != http.StatusForbidden {
		t.Errorf("health to a handler: %d", a.Status)
	}
}
