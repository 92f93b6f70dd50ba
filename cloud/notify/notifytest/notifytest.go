// Package notifytest is the one suite that every sender passes: against a server that
// speaks its platform's true protocol, with its limits, its errors, and slow and
// broken answers.
package notifytest

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/robottest"
	"eastgate/shared/secret"
)

// A Kit is a sender under test.
type Kit struct {
	Robot robottest.Robot
	// Open starts the other side for r and returns a sender to it.
	Open func(t *testing.T, s *robottest.Server, r robottest.Robot) channel.Sender
	// Dead returns a sender to an address where nobody listens.
	Dead func(t *testing.T) channel.Sender
	// Own are the sender's limits. The platform takes Most messages in Per, and then
	// nothing for Rest; with One that is counted for each recipient.
	Own       []channel.Limit
	Most      int
	Per, Rest time.Duration
	One       bool
	// Bytes is how much the platform takes; 0: the text is not ours.
	Bytes    int
	Mentions bool
	// To is a recipient, where there are any.
	To string
	// Signed says that a wrong secret is refused, Mail that it is no HTTP.
	Signed, Mail bool
}

// Serve starts the server's HTTP side and returns a robot's address.
func Serve(t *testing.T, s *robottest.Server, r robottest.Robot) secret.Value {
	t.Helper()
	s.Add(r)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return secret.New(r.URL(web.URL))
}

// NobodyThere is an address at which nobody listens.
func NobodyThere(t *testing.T) string {
	t.Helper()
	web := httptest.NewServer(nil)
	defer web.Close()
	return web.URL
}

// A clock is set by hand.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// A stand is a sender and its other side.
type stand struct {
	Kit
	*robottest.Server
	sender channel.Sender
	clock  *clock
	t      *testing.T
}

func (k Kit) open(t *testing.T, r robottest.Robot) *stand {
	t.Helper()
	c := &clock{}
	s := robottest.New(c.now)
	return &stand{Kit: k, Server: s, sender: k.Open(t, s, r), clock: c, t: t}
}

// Message is one as the centre sends it.
func (k Kit) Message(key string) channel.Message {
	return channel.Message{
		Key: key, Level: 1, Title: "【疑似】火情 特急 3号院7栋", Lines: []string{"2026-0001", "14:03:05 东街41号", "疑似，请立即核实。确属火情，请人工拨打119。"},
		Link: "https://eastgate.example/a/abcdef", Tap: "我来处理", To: k.To, Template: "page",
		Params: map[string]string{"number": "2026-0001", "what": "火情", "place": "3号院7栋", "link": "https://eastgate.example/a/abcdef"},
	}
}

func (s *stand) send(m channel.Message) error {
	_, err := s.sender.Send(s.t.Context(), m)
	return err
}

// failed sends and wants an error of a class.
func (s *stand) failed(want channel.Class) *channel.Error {
	s.t.Helper()
	return s.as(s.send(s.Message("x")), want)
}

func (s *stand) as(err error, want channel.Class) *channel.Error {
	s.t.Helper()
	var e *channel.Error
	if !errors.As(err, &e) {
		s.t.Fatalf("got %v, want an error of class %s", err, want)
	}
	if e.Class != want {
		s.t.Errorf("class %s, want %s: %v", e.Class, want, e)
	}
	if zh, en := e.Do.Says(); zh == "" || en == "" {
		s.t.Errorf("nobody is told what to do: %v", e)
	}
	for _, hidden := range []string{s.Robot.Key, s.Robot.Secret} {
		if hidden != "" && strings.Contains(err.Error(), hidden) {
			s.t.Errorf("the error shows a secret: %v", err)
		}
	}
	return e
}

// Run runs the suite.
func Run(t *testing.T, k Kit) {
	t.Run("arrives whole", k.whole)
	t.Run("is cut between characters, its link is not", k.long)
	t.Run("mentions whom it should and nobody else", k.mentions)
	t.Run("a no in the platform's words is an error", k.refused)
	t.Run("too many is blocked for as long as the platform says", k.limits)
	t.Run("a broken line", k.broken)
	t.Run("a slow answer", k.slow)
	t.Run("nobody there", k.nobody)
}

func (k Kit) whole(t *testing.T) {
	s := k.open(t, k.Robot)
	m := k.Message("first")
	if err := s.send(m); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != 1 || !slices.Contains(got[0].Links, m.Link) {
		t.Fatalf("arrived: %+v", got)
	}
	want := append([]string{m.Title}, m.Lines...)
	if k.Bytes == 0 {
		want = []string{m.Params["number"], m.Params["what"], m.Params["place"]}
	}
	for _, w := range want {
		if !strings.Contains(got[0].Title+"\n"+got[0].Text, w) {
			t.Errorf("%q is not in %q %q", w, got[0].Title, got[0].Text)
		}
	}
	if got[0].To != "" && !strings.Contains(got[0].To, k.To) {
		t.Errorf("arrived at %s, want %s", got[0].To, k.To)
	}
}

func (k Kit) long(t *testing.T) {
	if k.Bytes == 0 {
		t.Skip("the provider's template has the text")
	}
	for _, shift := range []string{"", "a", "ab"} { // wherever the cut falls in a character of three bytes
		s := k.open(t, k.Robot)
		m := k.Message("long")
		m.Lines = []string{"begins here", shift + strings.Repeat("火", 80_000), "\"<>&\\" + strings.Repeat("\t", 3000)}
		if err := s.send(m); err != nil {
			t.Fatal(err)
		}
		got := s.Messages()[0]
		if got.Bytes > k.Bytes || got.Bytes < k.Bytes/2 {
			t.Errorf("%d bytes of %d", got.Bytes, k.Bytes)
		}
		if !utf8.ValidString(got.Text) || strings.ContainsRune(got.Text, utf8.RuneError) {
			t.Error("a character is torn")
		}
		if !slices.Contains(got.Links, m.Link) || !strings.Contains(got.Title, "火情") || !strings.Contains(got.Text, "begins here") || !strings.Contains(got.Text, "…") {
			t.Errorf("title %q, links %q, text %.40q", got.Title, got.Links, got.Text)
		}
	}
}

func (k Kit) mentions(t *testing.T) {
	s := k.open(t, k.Robot)
	m := k.Message("mention")
	m.Title += " <@all> @all"
	m.Lines = append(m.Lines, "<@all> @all [x](https://evil.example) <at user_id=\"all\">all</at>")
	if err := s.send(m); err != nil {
		t.Fatal(err)
	}
	if got := s.Messages()[0].Mention; len(got) != 0 {
		t.Errorf("a place's name has mentioned %q", got)
	}
	if !k.Mentions {
		return
	}
	m = k.Message("mention-2")
	m.Mention, m.All = []string{"zhangsan", "lisi"}, true
	if err := s.send(m); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()[1].Mention
	if len(got) != 3 || !slices.Contains(got, "zhangsan") || !slices.Contains(got, "lisi") || !strings.Contains(strings.Join(got, " "), "all") {
		t.Errorf("mentioned %q", got)
	}
}

func (k Kit) refused(t *testing.T) {
	for fault, class := range map[robottest.Fault]channel.Class{robottest.Busy: channel.Retry, robottest.Stopped: channel.Permanent, robottest.Echo: channel.Permanent} {
		s := k.open(t, k.Robot)
		if err := s.Fail(k.Robot.Name, fault, 0); err != nil {
			t.Fatal(err)
		}
		if e := s.failed(class); e.Maybe {
			t.Errorf("%s: a no is no maybe: %v", fault, e)
		}
		if n := len(s.Messages()); n != 0 {
			t.Errorf("%s: %d messages were taken", fault, n)
		}
		if err := s.Fail(k.Robot.Name, robottest.None, 0); err != nil {
			t.Fatal(err)
		}
		if err := s.send(k.Message("again")); err != nil {
			t.Errorf("%s: afterwards: %v", fault, err)
		}
	}
	if !k.Signed {
		return
	}
	s := k.open(t, k.Robot)
	s.clock.add(2 * time.Hour) // the same as a secret that is wrong, and what a wrong clock does
	if e := s.failed(channel.Permanent); e.Do != channel.Sign && e.Do != channel.Key {
		t.Errorf("a stale signature: %v", e)
	}
}

func (k Kit) limits(t *testing.T) {
	for _, own := range k.Own {
		if own.Per == k.Per && own.N > k.Most && !k.One {
			t.Errorf("sends %d in %s of the platform's %d", own.N, own.Per, k.Most)
		}
	}
	s := k.open(t, k.Robot)
	for n := range k.Most {
		if err := s.send(k.Message("n" + string(rune('a'+n%26)) + strings.Repeat("x", n/26))); err != nil {
			t.Fatalf("message %d of %d: %v", n+1, k.Most, err)
		}
	}
	if k.Mail { // a server that has enough mail says that it is for now
		if e := s.failed(channel.Retry); e.Do != channel.Wait {
			t.Errorf("too much mail: %v", e)
		}
		return
	}
	e := s.failed(channel.Blocked)
	if e.After < k.Rest || e.One != k.One {
		t.Errorf("blocked for %s, only this one %t; want %s, %t", e.After, e.One, k.Rest, k.One)
	}
	s.clock.add(e.After + time.Second)
	if err := s.send(k.Message("after")); err != nil {
		t.Errorf("after %s: %v", e.After, err)
	}
}

func (k Kit) broken(t *testing.T) {
	taken := map[robottest.Fault]bool{robottest.Garbage: true, robottest.Cut: true}
	for fault, class := range map[robottest.Fault]channel.Class{
		robottest.Gateway: channel.Retry, robottest.Garbage: channel.Retry, robottest.Cut: channel.Retry, robottest.Down: channel.Retry, robottest.Moved: channel.Permanent,
	} {
		if k.Mail && fault != robottest.Cut && fault != robottest.Down || k.Robot.Kind == robottest.Webhook && fault == robottest.Garbage {
			continue // no HTTP, or any 2xx is a yes
		}
		s := k.open(t, k.Robot)
		if err := s.Fail(k.Robot.Name, fault, 0); err != nil {
			t.Fatal(err)
		}
		e := s.failed(class)
		if n := len(s.Messages()); (n == 1) != taken[fault] || taken[fault] && !e.Maybe {
			t.Errorf("%s: %d taken, and the sender says %v", fault, n, e)
		}
	}
}

// slow leaves a server that has taken the message and does not answer.
func (k Kit) slow(t *testing.T) {
	s := k.open(t, k.Robot)
	if err := s.Fail(k.Robot.Name, robottest.Hang, 0); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	told := s.Told()
	go func() {
		<-told
		leave()
	}()
	_, err := s.sender.Send(ctx, k.Message("slow"))
	if e := s.as(err, channel.Retry); !e.Maybe {
		t.Errorf("it has arrived, and the sender is sure that not: %v", e)
	}
}

func (k Kit) nobody(t *testing.T) {
	s := &stand{Kit: k, sender: k.Dead(t), t: t}
	if e := s.failed(channel.Retry); e.Maybe || e.Do != channel.Network {
		t.Errorf("nobody was there: %v", e)
	}
}
