package police_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/organisation"
	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/whistle"
	"eastgate/shared/brokertest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// acl is what the police's broker lets each side do (contract §5.2: no wildcards but
// these).
const acl = `user community
topic write cs/v1/jiefang/dongguan/+/evt/+
topic write cs/v1/jiefang/dongguan/status
topic read cs/v1/jiefang/dongguan/ack
topic read cs/v1/jiefang/dongguan/feedback
topic readwrite cs/v1/jiefang/dongguan/test
user station
topic read cs/v1/jiefang/dongguan/+/evt/+
topic read cs/v1/jiefang/dongguan/status
topic write cs/v1/jiefang/dongguan/ack
topic write cs/v1/jiefang/dongguan/feedback
topic readwrite cs/v1/jiefang/dongguan/test
`

var topics = police.Topics{District: "jiefang", Community: "dongguan"}

// A clock can be set.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// people of the centre.
func person(name string, roles ...access.Role) access.User {
	u := access.User{Name: name, Person: "Person " + name, Unit: "community", Party: access.Committee}
	for _, r := range roles {
		u.Grants = append(u.Grants, access.Grant{Role: r})
	}
	return u
}

var (
	han  = person("han", access.CentreLead)
	sun  = person("sun", access.Supervisor)
	duty = incident.Actor{Name: "li", Unit: "community", Roles: []incident.Role{incident.DutyOfficer}}
)

// A centre is the parts around a bridge, with an agreement in force.
type centre struct {
	t         *testing.T
	clock     *clock
	store     *store.Store
	engine    *incident.Engine
	whistles  *whistle.Engine
	sharing   *sharing.Book
	agreement sharing.Agreement
	options   police.Options
	mosquitto *brokertest.Process
	authority *brokertest.Authority
	station   *policetest.Station
	n         int
}

// newCentre has a broker of the police and their side, which listens.
func newCentre(t *testing.T, s *store.Store, fields ...string) *centre {
	t.Helper()
	c := &centre{t: t, clock: &clock{}, store: s, authority: brokertest.NewAuthority(t)}
	c.mosquitto = brokertest.MosquittoMutual(t, c.authority, acl)
	reg := prometheus.NewRegistry()
	log := register.New(s, register.NewMetrics(reg))
	c.engine = incident.New(s, incident.Options{Now: c.clock.now, Metrics: incident.NewMetrics(reg), Log: slog.New(slog.DiscardHandler)})
	c.whistles = whistle.New(s, whistle.Options{Parents: parents{c.engine}, Respond: func(_ whistle.Kind, at time.Time) time.Time { return at.Add(time.Hour) }})
	c.sharing = sharing.New(s, log)
	if err := organisation.New(s, nil, log).Put(t.Context(), han, organisation.Organisation{ID: "station", Party: access.Police, ZH: "解放路派出所"}); err != nil {
		t.Fatal(err)
	}
	c.agree(fields)
	own := c.authority.Member("community")
	c.options = police.Options{
		Remote: police.Remote{Broker: c.mosquitto.URL(), CAFile: c.authority.File(), Cert: own.Cert, Key: own.Key},
		Topics: topics, Organisation: "station", Contact: police.Contact{Role: "社区值班室", Phone: "0411-8888 1234"},
		Store: s, Incidents: c.engine, Sharing: c.sharing, Register: log, Whistles: c.whistles, Catalogue: governance.Default(),
		Now: c.clock.now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	c.station = c.listen("station")
	return c
}

type parents struct{ engine *incident.Engine }

func (p parents) Parent(ctx context.Context, id string) (whistle.Parent, error) {
	i, err := p.engine.Get(ctx, id)
	return whistle.Parent{ID: i.ID, Number: i.Number, Place: i.Place, Class: i.Class, Open: i.ConfirmedAt != nil && i.State.Open(), Units: []string{"community"}}, err
}

func (c *centre) agree(fields []string) {
	c.t.Helper()
	if len(fields) == 0 {
		fields = []string{"level", "certainty", "state", "first_seen_at", "confirmed_at", "place", "place_name"}
	}
	a, err := c.sharing.Draft(c.t.Context(), han, sharing.Agreement{
		Organisation: "station", Purpose: "火警与治安联动", Basis: "协议 2026-01", Classes: []string{"fire.*", "security.panic", "security.intrusion", "order.*"},
		Fields: fields, From: time.Now().Add(-time.Hour), To: time.Now().Add(30 * 24 * time.Hour),
	})
	for _, who := range []access.User{han, sun} {
		if err == nil {
			a, err = c.sharing.Do(c.t.Context(), who, a.ID, a.Version, sharing.Sign, "")
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.agreement = a
}

// as is a client's TLS with a certificate of its own.
func (c *centre) as(name string) *tls.Config {
	c.t.Helper()
	p := c.authority.Member(name)
	own, err := tls.LoadX509KeyPair(p.Cert, p.Key)
	if err != nil {
		c.t.Fatal(err)
	}
	pem, err := os.ReadFile(c.authority.File())
	if err != nil {
		c.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, Certificates: []tls.Certificate{own}, ServerName: "127.0.0.1"}
}

func (c *centre) listen(name string) *policetest.Station {
	c.t.Helper()
	s := policetest.New(policetest.Options{Broker: c.mosquitto.URL(), TLS: c.as(name), Name: name, Topics: topics})
	c.background(s.Run)
	c.until("the police listen", func() bool { return s.View().Connected })
	return s
}

// background runs something until the test ends, or what is returned is called.
func (c *centre) background(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.t.Error(err)
		}
	})
	c.t.Cleanup(stop)
	return stop
}

// bridge starts one, as after a restart.
func (c *centre) bridge() (*police.Bridge, func()) {
	c.t.Helper()
	c.options.Metrics = police.NewMetrics(prometheus.NewRegistry())
	b := police.New(c.options)
	if err := b.Turn(c.t.Context()); err != nil { // it begins with what happens from now on
		c.t.Fatal(err)
	}
	return b, c.background(b.Run)
}

// until waits for something with patience.
func (c *centre) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	c.t.Fatalf("never: %s", what)
}

// report makes an incident that nobody has confirmed.
func (c *centre) report(class string) incident.Incident {
	c.t.Helper()
	c.n++
	i, err := c.engine.Report(c.t.Context(), duty, incident.Report{Class: class, Place: fmt.Sprintf("dongguan/c3/b%02d", c.n), Source: incident.Resident, Text: "王某某在三楼窗口 13900001234"})
	if err != nil {
		c.t.Fatal(err)
	}
	return i
}

// confirm makes a confirmed one.
func (c *centre) confirm(class string) incident.Incident {
	c.t.Helper()
	return c.do(c.report(class), duty, incident.Command{Action: incident.Confirm})
}

func (c *centre) do(i incident.Incident, who incident.Actor, cmd incident.Command) incident.Incident {
	c.t.Helper()
	now, err := c.engine.Get(c.t.Context(), i.ID)
	if err == nil {
		now, err = c.engine.Do(c.t.Context(), who, i.ID, now.Version, cmd)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return now
}

func (c *centre) messages(i incident.Incident) []police.Message {
	c.t.Helper()
	list, err := c.store.PoliceMessages(c.t.Context(), i.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// is waits until an incident's messages have certain states.
func (c *centre) is(i incident.Incident, want ...police.State) {
	c.t.Helper()
	var got []police.State
	c.until(fmt.Sprintf("%s is %v", i.Number, want), func() bool {
		got = nil
		for _, m := range c.messages(i) {
			got = append(got, m.State)
		}
		return fmt.Sprint(got) == fmt.Sprint(want)
	})
}
