package notify_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/notify"
	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/dingtalk"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/notify/sms"
	"eastgate/cloud/notify/wecom"
	"eastgate/cloud/replica"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(crashEnv); address != "" {
		fmt.Fprintln(os.Stderr, sendUntilKilled(address))
		return
	}
	defer storetest.Stop()
	m.Run()
}

// noon is a working day, 12:00 in Asia/Shanghai.
var noon = time.Date(2026, 6, 9, 12, 0, 0, 0, governance.Shanghai)

var everything = access.Scope{All: true}

// A world is a feed in memory, a clock that is set by hand, and robots that speak
// their true protocols.
type world struct {
	*testing.T
	store  *store.Store
	robots *robottest.Server
	web    *httptest.Server

	mu        sync.Mutex
	clock     time.Time
	changes   []incident.Change
	incidents map[string]incident.Incident
	reminders []escalation.Reminder
	wake      chan struct{}
}

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{T: t, store: s, clock: noon, incidents: map[string]incident.Incident{}, wake: make(chan struct{}, 1)}
	w.robots = robottest.New(nil) // signatures go by the real clock
	for _, r := range bots {
		w.robots.Add(r)
	}
	w.web = httptest.NewServer(w.robots.Handler())
	t.Cleanup(w.web.Close)
	return w
}

var bots = []robottest.Robot{
	{Name: "duty", Kind: robottest.WeCom, Key: "duty-key"},
	{Name: "lead", Kind: robottest.DingTalk, Key: "lead-key", Secret: "SEClead"},
	{Name: "sms", Kind: robottest.SMS, Key: "sms-token"},
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// runner makes one with the three robots.
func (w *world) runner(change func(*notify.Options)) *notify.Runner {
	w.Helper()
	client := channel.NewClient()
	url := func(n int) secret.Value { return secret.New(bots[n].URL(w.web.URL)) }
	o := notify.Options{
		PublicURL: "https://eastgate.example", Now: w.now, Directory: phonebook{}, Patience: 30 * time.Second,
		Robots: []notify.Robot{
			{Name: "duty", Kind: "wecom", Sender: must[*wecom.Robot](w.T)(wecom.New(url(0), client)), Limits: slices.Clone(wecom.Limits), Reserve: 6},
			{Name: "lead", Kind: "dingtalk", Sender: must[*dingtalk.Robot](w.T)(dingtalk.New(url(1), secret.New("SEClead"), client)), Limits: slices.Clone(dingtalk.Limits)},
			{Name: "sms", Kind: "sms", Persons: true, Limits: slices.Clone(sms.Limits), Sender: must[*sms.Gateway](w.T)(sms.New(sms.Config{
				Address: url(2), Token: secret.New("sms-token"), Sign: "东关社区", Templates: map[string]string{"": "SMS_1"},
			}, client))},
		},
		Routes: []notify.Route{
			{Robot: "duty", To: []notify.Audience{notify.Duty, notify.Unit}, Tests: true},
			{Robot: "lead", To: []notify.Audience{notify.Lead}},
			{Robot: "sms", To: []notify.Audience{notify.Duty}, Levels: []event.Level{event.Urgent}},
		},
	}
	if change != nil {
		change(&o)
	}
	return notify.New(w, w, w.store, o)
}

// A phonebook knows everybody.
type phonebook struct{}

func (phonebook) UnitContacts(_ context.Context, unit string) ([]string, error) {
	return []string{unit + "-1", unit + "-2"}, nil
}

func (phonebook) Dial(_ context.Context, contact, _ string) (string, error) {
	return map[string]string{"c-wang": "13800000001", "c-li": "13800000002"}[contact], nil
}

// run runs a runner until the test ends or stop is called.
func (w *world) run(r *notify.Runner) (stop func()) { return w.start(r.Run) }

// runAlone runs it while member holds the lease, and says when it does.
func (w *world) runAlone(member *replica.Member, begins func(), r *notify.Runner) (stop func()) {
	return w.start(func(ctx context.Context) error {
		return member.Alone(ctx, "notify", func(ctx context.Context) error {
			begins()
			return r.Run(ctx)
		})
	})
}

func (w *world) start(work func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return stop
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
	w.poke()
}

func (w *world) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Changes, Get, Subscribe and Reminders are the two feeds.
func (w *world) Changes(_ context.Context, after int64, limit int) ([]incident.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Clone(w.changes[min(after, int64(len(w.changes))):min(after+int64(limit), int64(len(w.changes)))])
	for i := range out {
		out[i].Incident = w.incidents[out[i].Step.Incident] // as it is now
	}
	return out, nil
}

func (w *world) Get(_ context.Context, id string) (incident.Incident, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, ok := w.incidents[id]
	if !ok {
		return i, incident.ErrNotFound
	}
	return i, nil
}

func (w *world) Subscribe() (<-chan struct{}, func()) { return w.wake, func() {} }

func (w *world) Reminders(_ context.Context, after int64, limit int) ([]escalation.Reminder, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := int64(len(w.reminders))
	return slices.Clone(w.reminders[min(after, n):min(after+int64(limit), n)]), nil
}

// happen writes a step of an incident.
func (w *world) happen(i incident.Incident, a incident.Action) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i.Version++
	w.incidents[i.ID] = i
	w.changes = append(w.changes, incident.Change{
		Position: int64(len(w.changes) + 1), Step: incident.Step{Incident: i.ID, Seq: i.Version, Action: a, At: w.clock, Actor: i.TakenBy}, Incident: i,
	})
	w.poke()
}

func (w *world) remind(i incident.Incident, threshold string, to escalation.Audience) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reminders = append(w.reminders, escalation.Reminder{
		Position: int64(len(w.reminders) + 1), Incident: i.ID, Level: i.Level, Step: governance.Verify, Threshold: threshold, To: to, SMS: to == escalation.Everyone,
	})
	w.poke()
}

// fire is one that a machine has told of.
func (w *world) fire(id string, l event.Level) incident.Incident {
	return incident.Incident{
		ID: id, Number: "20260609-" + id, Class: "fire.visual", Level: l, State: incident.Signalled, Place: "dongguan/c3/b07", PlaceName: "三号院7栋",
		FirstAt: w.now(), HeardAt: w.now(),
	}
}

// await waits until the robots have what is wanted, as "robot title part".
func (w *world) await(want ...string) []robottest.Message {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		told := w.robots.Told()
		got := w.robots.Messages()
		if missing := lacks(got, want); len(missing) == 0 {
			return got
		} else if time.Now().After(end) {
			w.Fatalf("never came: %q; what came: %+v", missing, got)
		}
		select {
		case <-told:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func lacks(got []robottest.Message, want []string) (missing []string) {
	for _, x := range want {
		robot, words, _ := strings.Cut(x, " ")
		if !slices.ContainsFunc(got, func(m robottest.Message) bool {
			return m.Robot == robot && strings.Contains(m.Title+m.Text+m.To, words)
		}) {
			missing = append(missing, x)
		}
	}
	return missing
}

// settled waits until every message has one of some states, and returns them.
func (w *world) settled(n int, states ...notify.State) []notify.Message {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all, err := w.store.Messages(w.Context(), notify.Filter{Scope: everything})
		if err != nil {
			w.Fatal(err)
		}
		if len(all) == n && !slices.ContainsFunc(all, func(m notify.Message) bool { return !slices.Contains(states, m.State) }) {
			return all
		}
		if time.Now().After(end) {
			for _, m := range all {
				w.Logf("%s %s to %q: %+v", m.Robot, m.Step, m.Recipient, m.Fate)
			}
			w.Fatalf("%d messages, want %d as %v", len(all), n, states)
		}
	}
}

func (w *world) roster(turns ...notify.Turn) {
	w.Helper()
	if err := w.store.SaveRoster(w.Context(), notify.Roster{Version: 1, Turns: turns, By: "lead", At: w.now()}); err != nil {
		w.Fatal(err)
	}
}

var (
	wang = notify.Turn{Account: "wang", Contact: "c-wang", Order: 1, Handles: map[string]string{"wecom": "WangWei"}}
	li   = notify.Turn{Account: "li", Contact: "c-li", Order: 2, Handles: map[string]string{"wecom": "LiNa"}}
)

// TestNobodyTakesIt: level 1 pages at once, calls the next after 60 s and everybody
// by SMS after 120 s, each message once.
func TestNobodyTakesIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.roster(wang, li)
		w.run(w.runner(nil))
		i := w.fire("1", event.Urgent)
		w.happen(i, incident.Signal)
		w.happen(i, incident.Join) // told again every few seconds
		page := w.await("duty 【疑似】")[0]
		if !slices.Equal(page.Mention, []string{"WangWei"}) || !strings.Contains(page.Text, "请立即核实") || !strings.Contains(page.Text, "系统不会代拨") ||
			len(page.Links) != 1 || !strings.HasPrefix(page.Links[0], "https://eastgate.example/a/") {
			t.Errorf("the page: %+v", page)
		}
		w.remind(i, "50", escalation.DutyOfficer)
		w.remind(i, "roll_next", escalation.NextContact)
		w.remind(i, "100", escalation.CentreLead)
		w.remind(i, "roll_everyone", escalation.Everyone)
		got := w.await("duty 【升级】", "duty 【全员】", "lead ", "sms 13800000001", "sms 13800000002")
		w.settled(6, notify.Sent)
		if len(got) != 6 {
			t.Errorf("%d messages came: %+v", len(got), got)
		}
		links := map[string]bool{}
		for _, m := range got {
			switch {
			case strings.Contains(m.Title, "【升级】") && !slices.Equal(m.Mention, []string{"LiNa"}), strings.Contains(m.Title, "【全员】") && len(m.Mention) != 2:
				t.Errorf("mentioned: %+v", m)
			case m.Kind == robottest.SMS && strings.Contains(m.Text, "wang"):
				t.Errorf("a name stands in an SMS: %+v", m)
			}
			for _, l := range m.Links {
				if links[l] {
					t.Errorf("two messages share %s", l)
				}
				links[l] = true
			}
		}
	})
}

// TestSomebodyTakesIt: what waits for a robot that is away is not told once somebody
// looks after it, and that is told.
func TestSomebodyTakesIt(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.roster(wang, li)
	if err := w.robots.Fail("duty", robottest.Busy, 0); err != nil {
		t.Fatal(err)
	}
	w.run(w.runner(nil))
	i := w.fire("1", event.Urgent)
	w.happen(i, incident.Signal)
	for w.robots.Asked("duty") == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	i.TakenBy = "wang"
	w.happen(i, incident.Take)
	if err := w.robots.Fail("duty", robottest.None, 0); err != nil {
		t.Fatal(err)
	}
	w.remind(i, "roll_next", escalation.NextContact)
	w.pass(10 * time.Second)
	w.await("duty 【已接警】")
	w.pass(10 * time.Second) // for what was being written down when time passed
	for _, m := range w.settled(3, notify.Sent, notify.Dropped) {
		if (m.Kind == notify.Taken) != (m.State == notify.Sent) || m.State == notify.Dropped && m.Why == "" {
			t.Errorf("%s: %+v", m.Kind, m.Fate)
		}
	}
}

// TestAStormIsOneMessage: many of level 3 become a digest, in the room that level 1
// leaves; level 1 passes them all.
func TestAStormIsOneMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const n = 40
		for k := range n {
			i := w.fire(fmt.Sprint(k), event.Ordinary)
			i.State = incident.Confirmed
			w.happen(i, incident.Confirm)
		}
		w.happen(w.fire("urgent", event.Urgent), incident.Signal)
		w.run(w.runner(nil))
		w.await("duty 特急", "duty 【汇总】")
		all := w.settled(n+1, notify.Sent)
		got := w.robots.Messages()
		if len(got) > 3 || !strings.Contains(got[0].Title, "特急") {
			t.Errorf("%d messages, the first %q", len(got), got[0].Title)
		}
		digests := 0
		for _, m := range all {
			if m.Digest > 1 && m.Lead != "" {
				digests++
			}
		}
		if digests < n-1 {
			t.Errorf("%d of %d say that they were told in a digest", digests, n)
		}
	})
}

// TestQuietHours: at night level 3 waits for the morning, level 2 does not.
func TestQuietHours(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.clock = time.Date(2026, 6, 9, 23, 0, 0, 0, governance.Shanghai)
	quiet, err := notify.ParseQuiet("22:00", "07:00")
	if err != nil {
		t.Fatal(err)
	}
	w.run(w.runner(func(o *notify.Options) { o.Quiet = quiet }))
	for l := event.Serious; l <= event.Minor; l++ {
		i := w.fire(fmt.Sprint(l), l)
		i.State = incident.Confirmed
		w.happen(i, incident.Confirm)
	}
	w.await("duty 紧急")
	w.settled(3, notify.Sent, notify.Waiting)
	w.pass(8 * time.Hour)
	w.await("duty 一般", "duty 普通")
	w.settled(3, notify.Sent)
}

// TestTestsAreMarked: an exercise goes only where it may, and says what it is.
func TestTestsAreMarked(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.roster(wang, li)
	w.run(w.runner(nil))
	i := w.fire("1", event.Urgent)
	i.Test = true
	w.happen(i, incident.Signal)
	drill := w.fire("2", event.Urgent)
	drill.Test, drill.Exercise = true, true
	w.happen(drill, incident.Signal)
	w.remind(i, "100", escalation.CentreLead)
	w.remind(i, "roll_everyone", escalation.Everyone)
	w.await("duty 【测试】【疑似】", "duty 【测试】【全员】", "duty 【演练】【疑似】")
	for _, m := range w.settled(3, notify.Sent) {
		if m.Robot != "duty" {
			t.Errorf("a test went to %s", m.Robot)
		}
	}
}
