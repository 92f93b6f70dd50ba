package notify

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/notify/channel"
	"eastgate/shared/event"
)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, governance.Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// TestWhoseTurn: nights belong to the day on which they begin; the calendar of 2026
// says that 1 October is free and Saturday 10 October is worked.
func TestWhoseTurn(t *testing.T) {
	r := Roster{Turns: []Turn{
		{Account: "day", Order: 1, Days: WorkingDays, From: "08:00", To: "20:00"},
		{Account: "night", Order: 1, Days: WorkingDays, From: "20:00", To: "08:00"},
		{Account: "free", Order: 1, Days: FreeDays},
		{Account: "always", Order: 2},
		{Account: "here", Order: 2, Scope: "dongguan/c3"},
		{Account: "once", Order: 3, First: "2026-06-10", Last: "2026-06-11"},
		{Account: "boss", Order: 1, Role: Lead},
		{Account: "firm", Order: 1, Role: Unit, Scope: "unit:property"},
	}}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	on := func(when string, a Audience, place, unit string) string {
		var out []string
		for _, x := range r.On(at(when), governance.DefaultCalendar(), a, place, unit) {
			out = append(out, x.Account)
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		when, place, unit string
		a                 Audience
		want              string
	}{
		{"2026-06-09 12:00", "dongguan/c4", "", Duty, "day always"},
		{"2026-06-09 08:00", "dongguan/c3/b07", "", Duty, "day here always"},
		{"2026-06-09 20:00", "dongguan/c30", "", Duty, "night always"},
		{"2026-06-10 03:00", "", "", Duty, "night always once"},
		{"2026-06-13 03:00", "", "", Duty, "night free always"}, // Saturday, Friday's night
		{"2026-06-14 03:00", "", "", Duty, "free always"},
		{"2026-10-01 12:00", "", "", Duty, "free always"},
		{"2026-10-10 12:00", "", "", Duty, "day always"},
		{"2040-06-09 12:00", "", "", Duty, "free always"}, // no calendar: a Saturday
		{"2026-06-09 12:00", "dongguan/c4", "property", Lead, "boss"},
		{"2026-06-09 12:00", "dongguan/c4", "property", Unit, "firm"},
		{"2026-06-09 12:00", "dongguan/c4", "other", Unit, ""},
	} {
		if got := on(c.when, c.a, c.place, c.unit); got != c.want {
			t.Errorf("%s at %q, %s: %q, want %q", c.when, c.place, c.a, got, c.want)
		}
	}
}

func TestARosterThatIsNotWhole(t *testing.T) {
	err := Roster{Turns: []Turn{{Account: "Wang Wei", Order: 0, Role: "boss", Scope: "a//b", Days: "sunday", From: "8", To: ""}, {Account: "li", Order: 1, From: "25:00", To: "24:00", First: "2026-02-02", Last: "2026-01-01"}}}.Validate()
	if !errors.Is(err, ErrRoster) {
		t.Fatal(err)
	}
	for _, want := range []string{"turns[0].account", "turns[0].role", "turns[0].scope", "turns[0].order", "turns[0].days", "turns[0].from", "turns[1].from", "turns[1].last"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %s: %v", want, err)
		}
	}
}

func TestReach(t *testing.T) {
	roll := []Turn{{Account: "a", Order: 1}, {Account: "b", Order: 1}, {Account: "c", Order: 4}, {Account: "d", Order: 5}}
	for h, want := range map[reach]int{first: 2, second: 1, all: 4} {
		if got := h.of(slices.Clone(roll)); len(got) != want {
			t.Errorf("%d: %+v", h, got)
		}
	}
	if got := second.of(roll[:2]); len(got) != 2 {
		t.Errorf("nobody is second: %+v", got)
	}
}

func TestQuietUntil(t *testing.T) {
	night, err := ParseQuiet("22:00", "07:00")
	if err != nil {
		t.Fatal(err)
	}
	noon, err := ParseQuiet("12:00", "14:00")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q          Quiet
		now, until string
		l          event.Level
	}{
		{night, "2026-06-09 21:59", "2026-06-09 21:59", 3},
		{night, "2026-06-09 22:00", "2026-06-10 07:00", 3},
		{night, "2026-06-10 06:59", "2026-06-10 07:00", 4},
		{night, "2026-06-10 07:00", "2026-06-10 07:00", 4},
		{night, "2026-06-09 23:00", "2026-06-09 23:00", 2},
		{noon, "2026-06-09 13:00", "2026-06-09 14:00", 3},
		{noon, "2026-06-09 14:00", "2026-06-09 14:00", 3},
		{Quiet{}, "2026-06-09 23:00", "2026-06-09 23:00", 4},
	} {
		if got := c.q.until(at(c.now), c.l); !got.Equal(at(c.until)) {
			t.Errorf("%+v at %s: %s, want %s", c.q, c.now, got.In(governance.Shanghai), c.until)
		}
	}
}

// TestTheBucketNeverGivesMore: in no minute, wherever it begins, are there more
// messages than the limit.
func TestTheBucketNeverGivesMore(t *testing.T) {
	r := Robot{Limits: []channel.Limit{{N: 18, Per: time.Minute}, {N: 4, Per: time.Second}}, Reserve: 6}
	b := newBucket(r, nil)
	begin := at("2026-06-09 12:00")
	var sent []time.Time
	for ms := range 180_000 / 50 {
		now := begin.Add(time.Duration(ms) * 50 * time.Millisecond)
		if n, _ := b.free(now, true); n > 0 {
			b.take(now)
			sent = append(sent, now)
		}
	}
	for _, l := range r.Limits {
		for i := range sent {
			n := 0
			for _, other := range sent[i:] {
				if other.Sub(sent[i]) < l.Per {
					n++
				}
			}
			if n > l.N {
				t.Fatalf("%d in the %s after %s", n, l.Per, sent[i])
			}
		}
	}
	if len(sent) < 3*18 {
		t.Errorf("%d in three minutes: tokens are lost", len(sent))
	}
	b = newBucket(r, nil)
	for range 12 {
		b.take(begin)
	}
	rest, more := b.free(begin.Add(2*time.Second), false)
	urgent, _ := b.free(begin.Add(2*time.Second), true)
	if rest != 0 || urgent != 4 || !more.Equal(begin.Add(time.Minute)) {
		t.Errorf("the rest may send %d, the urgent %d, more at %s", rest, urgent, more)
	}
}

// TestWhatBecomesOfATry is the table of levels and errors.
func TestWhatBecomesOfATry(t *testing.T) {
	now := at("2026-06-09 12:00")
	w := &worker{Runner: New(nil, nil, nil, Options{Now: func() time.Time { return now }})}
	for name, c := range map[string]struct {
		level  event.Level
		tries  int
		made   time.Duration
		err    error
		state  State
		due    time.Duration
		repeat bool
	}{
		"taken":                        {1, 1, 0, nil, Sent, 0, false},
		"level 1, no answer":           {1, 1, 0, &channel.Error{Class: channel.Retry, Maybe: true}, Waiting, time.Second, true},
		"level 1, again and again":     {1, 30, 0, &channel.Error{Class: channel.Retry}, Waiting, 10 * time.Second, false},
		"level 2, no answer":           {2, 1, 0, &channel.Error{Class: channel.Retry, Maybe: true}, Unclear, 0, false},
		"level 3, cannot be reached":   {3, 4, 0, &channel.Error{Class: channel.Retry}, Waiting, 8 * time.Second, false},
		"level 3, for ever":            {3, 400, 0, &channel.Error{Class: channel.Retry}, Waiting, 5 * time.Minute, false},
		"given up":                     {3, 400, 25 * time.Hour, &channel.Error{Class: channel.Retry}, Failed, 0, false},
		"shut out":                     {2, 1, 0, &channel.Error{Class: channel.Blocked, After: 10 * time.Minute}, Waiting, 10 * time.Minute, false},
		"refused":                      {1, 1, 0, &channel.Error{Class: channel.Permanent}, Failed, 0, false},
		"one number, too often":        {1, 10, 0, &channel.Error{Class: channel.Blocked, One: true, After: time.Minute}, Failed, 0, false},
		"an error that nobody foresaw": {3, 1, 0, errors.New("what?"), Unclear, 0, false},
	} {
		f := w.fate(Message{Level: c.level, Made: now.Add(-c.made), Fate: Fate{State: Sending, Tries: c.tries}}, c.err)
		if f.State != c.state || f.Repeat != c.repeat || c.due > 0 && !f.Due.Equal(now.Add(c.due)) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestWords: each kind, level and step has words in both languages.
func TestWords(t *testing.T) {
	zh, en := newText("zh-CN", governance.Default()), newText("en", governance.Default())
	for key := range zh.words {
		if en.words[key] == "" {
			t.Errorf("%s has no English", key)
		}
	}
	if len(zh.words) != len(en.words) {
		t.Errorf("%d words and %d", len(zh.words), len(en.words))
	}
	for _, k := range []Kind{Page, News, Next, Everyone, Confirmed, Dispatch, Taken, Over, Remind, Overdue} {
		if zh.words["kind."+string(k)] == "" {
			t.Errorf("kind %s has no word", k)
		}
	}
	for _, s := range governance.Steps {
		if zh.words["step."+string(s)] == "" {
			t.Errorf("step %s has no word", s)
		}
	}
	m := zh.one(Message{Kind: Page, Class: "report.dispute", Level: 1, Place: "dongguan/c3", Seen: at("2026-06-09 12:00")}, "https://x/a/y")
	if c, ok := governance.Default().Class("report.dispute"); ok && strings.Contains(m.Title, c.ZH) {
		t.Errorf("a restricted class is named: %s", m.Title)
	}
}
