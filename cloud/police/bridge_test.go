package police_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/incident"
	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

// TestAConfirmedFireArrives: through a broker with mutual TLS, with a receipt, as the
// schema says, with nothing of what people wrote, and with its rows in the sharing log.
func TestAConfirmedFireArrives(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		b, _ := c.bridge()
		fire := c.confirm("fire.smoke")
		c.is(fire, police.Received)
		got := c.station.View().Notices
		if len(got) != 1 || got[0].Fault != "" || got[0].Topic != "cs/v1/jiefang/dongguan/c3/evt/fire.smoke" {
			t.Fatalf("the police have %+v", got)
		}
		var e struct{ Data police.Notice }
		if err := json.Unmarshal(got[0].Body, &e); err != nil {
			t.Fatal(err)
		}
		if n := e.Data; n.MsgType != "Alert" || n.Incident != fire.Number || n.Level != 1 || n.Place.Code != fire.Place || !strings.Contains(n.Text, "烟感报警") {
			t.Errorf("they are told %+v", n)
		}
		if strings.Contains(string(got[0].Body), "王某某") || strings.Contains(string(got[0].Body), "13900001234") {
			t.Errorf("what somebody wrote has gone out: %s", got[0].Body)
		}
		log, err := s.Register(t.Context(), register.Query{Case: fire.Number, Limit: 10})
		if err != nil || len(log) != 2 || log[0].Act != register.Receipt || log[1].Act != register.Push || log[1].Agreement != c.agreement.ID || log[0].Agreement != c.agreement.ID {
			t.Errorf("the sharing log: %+v, %v", log, err)
		}
		h, err := b.Health(t.Context())
		if err != nil || !h.Link.Connected || h.Queue.Waiting+h.Queue.Sent != 0 || h.Queue.LastReceipt == nil || h.Today[police.Received] != 1 {
			t.Errorf("health: %+v, %v", h, err)
		}
	})
}

// TestWhatDoesNotGoOut: what nobody confirmed, what no agreement covers, exercises.
func TestWhatDoesNotGoOut(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.bridge()
	c.report("fire.smoke")
	c.confirm("report.dispute")
	drill, err := c.engine.Report(t.Context(), duty, incident.Report{Class: "fire.smoke", Place: "dongguan/c4", Source: incident.Resident, Text: "drill", Test: true})
	if err != nil {
		t.Fatal(err)
	}
	c.do(drill, duty, incident.Command{Action: incident.Confirm})
	last := c.confirm("security.panic")
	c.is(last, police.Received)
	if got := c.station.View().Notices; len(got) != 1 || got[0].Incident != last.Number {
		t.Errorf("the police have %+v", got)
	}
	denied, err := c.store.Register(t.Context(), register.Query{Result: register.Denied, Limit: 10})
	if err != nil || len(denied) != 0 {
		t.Errorf("rows of refusals: %+v, %v", denied, err)
	}
}

// TestOnlyAgreedFields: an agreement of nothing but the class sends nothing but that.
func TestOnlyAgreedFields(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)), "level")
	c.bridge()
	c.is(c.confirm("fire.smoke"), police.Received)
	var e struct{ Data map[string]any }
	if err := json.Unmarshal(c.station.View().Notices[0].Body, &e); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"place", "state", "confirmed_at", "first_seen_at", "certainty"} {
		if _, there := e.Data[f]; there {
			t.Errorf("%s has gone out: %v", f, e.Data)
		}
	}
	if text := e.Data["text"].(string); strings.Contains(text, "地点") || strings.Contains(text, "正在处置") {
		t.Errorf("the text tells more than was agreed: %s", text)
	}
}

// TestUpdatesFollow: resolved and closed come as updates with a higher sequence; a
// comment is no news.
func TestUpdatesFollow(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.bridge()
	fire := c.confirm("fire.smoke")
	c.is(fire, police.Received)
	c.do(fire, duty, incident.Command{Action: incident.Comment, Reason: "saw it"})
	c.end(fire)
	c.is(fire, police.Received, police.Received)
	got := c.station.View().Notices
	if len(got) != 2 || got[1].Sequence <= got[0].Sequence || !strings.Contains(string(got[1].Body), `"Update"`) || !strings.Contains(string(got[1].Body), "已结案") {
		t.Errorf("the police have %s", got[len(got)-1].Body)
	}
}

// end closes an incident by the two people that it takes.
func (c *centre) end(i incident.Incident) {
	c.t.Helper()
	c.do(i, incident.Actor{Name: "han", Unit: "community", Roles: []incident.Role{incident.CentreLead}}, incident.Command{Action: incident.AskForceClose, Reason: "over"})
	c.do(i, incident.Actor{Name: "sun", Unit: "community", Roles: []incident.Role{incident.Supervisor}}, incident.Command{Action: incident.ForceClose, Reason: "over"})
}

// TestAwayForDays: their broker is gone for four days and has forgotten everything.
// Then the most urgent comes first, what is too old never, and people had been told to
// phone meanwhile.
func TestAwayForDays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		b, stop := c.bridge()
		c.until("a link", func() bool { h, err := b.Health(t.Context()); return err == nil && h.Link.Connected })
		c.mosquitto.Kill()
		c.until("no link", func() bool {
			h, err := b.Health(t.Context())
			return err == nil && !h.Link.Connected && h.Link.Fault != ""
		})
		old := c.confirm("fire.equipment_fault") // level 3
		slow := c.confirm("security.intrusion")  // level 2
		fire := c.confirm("fire.smoke")          // level 1
		c.is(fire, police.Waiting)
		c.clock.pass(4 * 24 * time.Hour)
		c.is(old, police.Expired)
		c.until("people are told to phone", func() bool { return c.messages(fire)[0].Phone() })
		if n := c.remarks(fire, "phone"); n != 1 {
			t.Errorf("%d remarks that people must phone", n)
		}
		fresh := c.confirm("fire.equipment_fault")
		c.is(fresh, police.Waiting)
		stop() // and the cloud restarts, too
		c.bridge()
		c.mosquitto.Start()
		for _, i := range []incident.Incident{fire, slow, fresh} {
			c.is(i, police.Received)
		}
		var order []string
		for _, n := range c.station.View().Notices {
			order = append(order, n.Incident)
		}
		if want := []string{fire.Number, slow.Number, fresh.Number}; !slices.Equal(order, want) {
			t.Errorf("they came as %v, want %v", order, want)
		}
		if c.messages(fire)[0].Phone() || c.remarks(fire, "have confirmed it now") != 1 {
			t.Error("nobody was told that the receipt has come after all")
		}
		c.is(old, police.Expired)
	})
}

// remarks counts the comments of an incident that hold a text.
func (c *centre) remarks(i incident.Incident, text string) (n int) {
	c.t.Helper()
	steps, err := c.engine.History(c.t.Context(), i.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range steps {
		if s.Action == incident.Comment && strings.Contains(s.Reason, text) {
			n++
		}
	}
	return n
}

// TestNoReceipt: their broker takes it and their side is silent. It is told, said once
// to people, sent again, and what comes in the end counts once.
func TestNoReceipt(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.bridge()
	c.station.Behave(policetest.Behaviour{Lose: 1})
	fire := c.confirm("fire.smoke")
	c.is(fire, police.Sent)
	if c.messages(fire)[0].Phone() {
		t.Error("people must phone though the time is not over")
	}
	c.clock.pass(31 * time.Second)
	c.until("people are told to phone", func() bool { return c.messages(fire)[0].Phone() })
	c.until("it is sent again", func() bool { return c.station.View().Notices[0].Times == 2 })
	c.station.Behave(policetest.Behaviour{Twice: 1})
	c.clock.pass(2 * time.Hour)
	c.is(fire, police.Received)
	if n := c.station.View().Notices[0]; n.Fault != "" {
		t.Errorf("repeats differ: %s", n.Fault)
	}
	c.until("people are told", func() bool { return c.remarks(fire, "phone") > 0 && c.remarks(fire, "confirmed it now") > 0 })
	if c.remarks(fire, "phone") != 1 || c.remarks(fire, "confirmed it now") != 1 {
		t.Error("people were not told once each")
	}
	log, err := c.store.Register(t.Context(), register.Query{Case: fire.Number, Act: register.Receipt, Limit: 10})
	if err != nil || len(log) != 1 {
		t.Errorf("%d rows of receipts, %v", len(log), err)
	}
}

// TestTheSwitch: switched off nothing goes out, they see why, it holds over a restart,
// and on again everything goes.
func TestTheSwitch(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	b, stop := c.bridge()
	if _, err := b.Kill(t.Context(), person("li"), true, "broken in"); err == nil {
		t.Error("anybody can switch it off")
	}
	if _, err := b.Kill(t.Context(), han, true, " "); err == nil {
		t.Error("it is switched off without a reason")
	}
	if _, err := b.Kill(t.Context(), han, true, "对方系统被入侵"); err != nil {
		t.Fatal(err)
	}
	c.until("they see it", func() bool { return strings.Contains(string(c.station.View().Status), "对方系统被入侵") })
	fire := c.confirm("fire.smoke")
	c.is(fire, police.Waiting)
	stop()
	if !strings.Contains(string(c.station.View().Status), `"offline"`) {
		c.until("offline", func() bool { return strings.Contains(string(c.station.View().Status), `"offline"`) })
	}
	b, _ = c.bridge()
	c.until("suspended after the restart", func() bool { return strings.Contains(string(c.station.View().Status), `"suspended"`) })
	if h, err := b.Health(t.Context()); err != nil || !h.Killed || h.Switch.Reason != "对方系统被入侵" || len(c.station.View().Notices) != 0 {
		t.Errorf("health %+v, %v", h, err)
	}
	if _, err := b.Kill(t.Context(), sun, false, "已恢复"); err != nil {
		t.Fatal(err)
	}
	c.is(fire, police.Received)
}

// TestTheAgreementEnds: what waits when the agreement is suspended does not go.
func TestTheAgreementEnds(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	c.mosquitto.Kill()
	c.bridge()
	fire := c.confirm("fire.smoke")
	c.is(fire, police.Waiting)
	if _, err := c.sharing.Do(t.Context(), han, c.agreement.ID, c.agreement.Version, "suspend", "投诉"); err != nil {
		t.Fatal(err)
	}
	c.mosquitto.Start()
	c.is(fire, police.Withheld)
	if n := len(c.station.View().Notices); n != 0 {
		t.Errorf("%d notices have gone out", n)
	}
}

// TestATest: goes on its own topic, is answered there, and becomes nothing else.
func TestATest(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)))
	b, _ := c.bridge()
	m, err := b.Test(t.Context(), han)
	if err != nil {
		t.Fatal(err)
	}
	c.until("the test is answered", func() bool {
		m, err := c.store.PoliceMessage(t.Context(), m.ID)
		return err == nil && m.State == police.Received
	})
	if v := c.station.View(); len(v.Tests) != 1 || len(v.Notices) != 0 {
		t.Errorf("%d tests, %d notices", len(v.Tests), len(v.Notices))
	}
	if h, err := b.Health(t.Context()); err != nil || h.Today[police.Received] != 0 {
		t.Errorf("a test counts as an incident: %+v, %v", h.Today, err)
	}
}
