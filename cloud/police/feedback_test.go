package police_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/whistle"
)

// TestFeedbackMovesTheWhistle: as far as its table lets the bridge, each once, the
// incident itself not at all.
func TestFeedbackMovesTheWhistle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		c.bridge()
		fire := c.confirm("fire.smoke")
		c.is(fire, police.Received)
		lead := access.Actor{Name: "han", Unit: "community", Roles: []access.Role{access.CentreLead}}
		w, err := c.whistles.Begin(t.Context(), lead, fire.ID, whistle.Ask{Action: whistle.SoundIt, Unit: "station", Purpose: "请到场"})
		if err != nil {
			t.Fatal(err)
		}
		state := c.get(fire).State
		moved := func(want whistle.State) {
			t.Helper()
			c.until(fmt.Sprintf("the whistle is %s", want), func() bool { w, err := s.Whistle(t.Context(), w.ID); return err == nil && w.State == want })
		}
		first, err := c.station.Feedback(fire.Number, "accepted", "")
		if err != nil {
			t.Fatal(err)
		}
		moved(whistle.Acknowledged)
		if _, err := c.station.Feedback(fire.Number, "attending", "两人出警"); err != nil {
			t.Fatal(err)
		}
		moved(whistle.Attending)
		// What was said first comes again, and late; and what the table has no row for.
		for _, text := range []string{first, first, strings.Replace(first, `"id":"`, `"id":"X`, 1)} {
			if err := c.station.Say(topics.Feedback(), text); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.station.Feedback(fire.Number, "handled", "明火已扑灭"); err != nil {
			t.Fatal(err)
		}
		c.until("the outcome is recorded", func() bool {
			w, err := s.Whistle(t.Context(), w.ID)
			return err == nil && strings.Contains(w.Outcome, "明火已扑灭") && w.State == whistle.Attending
		})
		var counts map[[2]string]int
		c.until("all that was heard is done with", func() (done bool) {
			var err error
			if counts, err = s.CountHeard(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			return counts[[2]string{"feedback", police.Applied}]+counts[[2]string{"feedback", police.Outdated}] >= 4
		})
		if n := c.remarks(fire, "公安反馈"); n != 3 {
			t.Errorf("%d remarks of 3 feedbacks", n)
		}
		if now := c.get(fire); now.State != state || now.Class != fire.Class || now.Level != fire.Level {
			t.Errorf("feedback has moved the incident to %s", now.State)
		}
		if counts[[2]string{"feedback", police.Applied}] != 3 || counts[[2]string{"feedback", police.Outdated}] != 1 {
			t.Errorf("counts %v", counts)
		}
	})
}

func (c *centre) get(i incident.Incident) incident.Incident {
	c.t.Helper()
	now, err := c.engine.Get(c.t.Context(), i.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return now
}

// TestWhatTheTableDoesNotAllow: outcome before anybody acknowledged. It is said and
// not done.
func TestWhatTheTableDoesNotAllow(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.bridge()
	fire := c.confirm("fire.smoke")
	c.is(fire, police.Received)
	w, err := c.whistles.Begin(t.Context(), access.Actor{Name: "han", Unit: "community", Roles: []access.Role{access.CentreLead}}, fire.ID, whistle.Ask{Action: whistle.SoundIt, Unit: "station", Purpose: "请到场"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.station.Feedback(fire.Number, "closed", ""); err != nil {
		t.Fatal(err)
	}
	c.until("it is said", func() bool { return c.remarks(fire, "the whistle stays sent") == 1 })
	if w, err = c.store.Whistle(t.Context(), w.ID); err != nil || w.State != whistle.Sent || w.Outcome != "" {
		t.Errorf("the whistle is %s with %q, %v", w.State, w.Outcome, err)
	}
}

// TestGarbageIsHarmless: nothing that comes back changes anything but counters, and
// what is good among it still counts.
func TestGarbageIsHarmless(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		b, _ := c.bridge()
		fire := c.confirm("fire.smoke")
		c.is(fire, police.Received)
		before := c.get(fire)
		good, err := c.station.Feedback("20990101-0001", "accepted", "") // of nothing they were told of
		if err != nil {
			t.Fatal(err)
		}
		future := strings.Replace(good, `"time":"2`, `"time":"9`, 1)
		other := func(old, fresh string) string { return strings.Replace(good, old, fresh, 1) }
		bad := []string{
			"", "{", "null", "[]", "\xff\xfe", strings.Repeat("x", 100<<10), future,
			other(`"accepted"`, `"confirm"`), other(`"accepted"`, `"accepted","query":"张三"`), other("cs.feedback.v1", "cs.query.v1"), other("cs.feedback.v1", "cs.receipt.v1"),
			other(`"Actual"`, `"Test"`), other(`"sequence":"`, `"sequence":"-`), other(`"id":"`, `"id":"\u0000`),
		}
		for _, text := range bad {
			if err := c.station.Say(topics.Feedback(), text); err != nil {
				t.Fatalf("%.40q: %v", text, err)
			}
		}
		for _, topic := range []string{topics.Ack(), topics.Test()} { // good, but elsewhere
			if err := c.station.Say(topic, good); err != nil {
				t.Fatal(err)
			}
		}
		c.until("all of it is aside", func() bool { n, err := s.CountAside(t.Context()); return err == nil && n == len(bad)+2 })
		c.until("the unknown one is known as that", func() bool {
			counts, err := s.CountHeard(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
			return err == nil && counts[[2]string{"feedback", police.Unknown}] == 1
		})
		if now := c.get(fire); now.Version != before.Version {
			t.Errorf("garbage has changed the incident: %d steps, had %d", now.Version, before.Version)
		}
		if _, err := c.station.Feedback(fire.Number, "rejected", "不属本所辖区"); err != nil {
			t.Fatal(err)
		}
		c.until("what is good counts", func() bool { return c.remarks(fire, "不属本所辖区") == 1 })
		if h, err := b.Health(t.Context()); err != nil || !h.Link.Connected || h.Aside != len(bad)+2 {
			t.Errorf("health %+v, %v", h, err)
		}
	})
}

// TestASlowAndConfusedSide: receipts late, twice, in the wrong order and with garbage
// between; every incident is received once.
func TestASlowAndConfusedSide(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.bridge()
	c.station.Behave(policetest.Behaviour{Delay: 50 * time.Millisecond, Twice: 0.5, Garbage: 0.3, Shuffle: true, Lose: 0.2})
	var all []incident.Incident
	for range 12 {
		all = append(all, c.confirm("security.panic"))
	}
	c.until("the broker has them", func() bool { return len(c.station.View().Notices) == len(all) })
	c.station.Behave(policetest.Behaviour{Twice: 0.5}) // in the end
	c.clock.pass(time.Hour)
	for _, i := range all {
		c.is(i, police.Received)
	}
	for _, n := range c.station.View().Notices {
		if n.Fault != "" {
			t.Errorf("%s: %s", n.Incident, n.Fault)
		}
	}
}

// TestARefusal is a state, and people are told.
func TestARefusal(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.bridge()
	c.station.Behave(policetest.Behaviour{Refuse: "security.panic"})
	i := c.confirm("security.panic")
	c.is(i, police.Refused)
	c.until("people are told", func() bool { return c.remarks(i, "not this station's") == 1 })
}

// TestGoldenAnswers: what the contract says the police may send, and what it does not.
func TestGoldenAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/in/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	now := time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		topic := map[string]string{"a": topics.Ack(), "f": topics.Feedback(), "t": topics.Test()}[name[:1]]
		if _, err := topics.Read(topic, body, now); (err == nil) != !strings.Contains(name, ".bad.") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// FuzzRead: whatever comes, it is an error or something that the contract allows.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/in/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, topic := range []string{topics.Ack(), topics.Feedback(), topics.Test()} {
			s, err := topics.Read(topic, body, time.Now())
			if err != nil {
				continue
			}
			if err := police.Check(body); err != nil {
				t.Errorf("taken against the schema: %v", err)
			}
			if strings.Contains(s.Key, "\x00") || len(s.Key) > 200 || s.Sequence < 0 {
				t.Errorf("taken: %+v", s)
			}
			if s.Receipt != nil && (s.Receipt.Status == "Test") != (topic == topics.Test()) {
				t.Errorf("a %s receipt is taken on %s", s.Receipt.Status, topic)
			}
		}
	})
}
