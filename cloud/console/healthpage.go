package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/notify"
)

// A healthView is how the bridge to the police and the robots are, and who is on duty.
type healthView struct {
	listPage
	SeesPolice, SeesNotify bool
	Police                 api.PoliceHealth
	PoliceFacts            []fact
	PoliceForms            []form
	Robots                 table
	Roster                 api.DutyRoster
	Turns                  table
	Add                    *form
}

func (c *Console) healthPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.SeeNotify, access.SeePolice) {
		return
	}
	o := c.office(r, s)
	v := healthView{listPage: listPage{office: o, Title: o.T["nav.health"], About: o.T["about.health"]}}
	v.SeesPolice, v.SeesNotify = mayAny(s.User, []access.Right{access.SeePolice}), mayAny(s.User, []access.Right{access.SeeNotify})
	if v.SeesPolice && c.fillPolice(&v, w, r, s) != nil || v.SeesNotify && c.fillRobots(&v, w, r, s) != nil {
		return
	}
	c.render(w, http.StatusOK, "health.html", v)
}

func (c *Console) fillPolice(v *healthView, w http.ResponseWriter, r *http.Request, s access.Session) error {
	if err := c.get(w, r, s, "/api/v1/police/health", &v.Police); err != nil || v.Police.Bridge == nil {
		return err
	}
	o, b := v.office, v.Police.Bridge
	link := o.T["police.down"]
	switch {
	case b.Killed:
		link = o.Say("police.killed", "who", b.Switch.By, "why", b.Switch.Reason)
	case b.Link.Connected && b.Link.Unheard:
		link = o.T["police.unheard"]
	case b.Link.Connected:
		link = o.T["police.up"]
	case b.Link.Fault != "":
		link += ": " + b.Link.Fault
	}
	v.PoliceFacts = []fact{{Key: "police.link", Text: link, At: b.Link.Since}, {Key: "police.receipt", At: b.Queue.LastReceipt}, {Key: "police.queue", Text: o.Say("police.queue.n", "waiting", b.Queue.Waiting, "sent", b.Queue.Sent, "phone", b.Queue.Phone), At: b.Queue.Oldest}}
	var today []string
	for _, state := range slices.Sorted(maps.Keys(b.Today)) {
		today = append(today, o.Word("police.state", state)+" "+strconv.Itoa(b.Today[state]))
	}
	var heard []string
	for _, kind := range slices.Sorted(maps.Keys(b.Heard)) {
		heard = append(heard, o.Word("police.heard", kind)+" "+strconv.Itoa(b.Heard[kind]))
	}
	v.PoliceFacts = append(v.PoliceFacts, fact{Key: "police.today", Text: cmp.Or(strings.Join(today, " · "), "0")}, fact{Key: "police.said", Text: cmp.Or(strings.Join(heard, " · "), "0")}, fact{Key: "police.aside", Text: strconv.Itoa(b.Aside)})
	if cams := b.Cameras; cams != nil {
		text := o.Say("police.cameras.n", "theirs", cams.Police.Up, "ours", cams.Ours.Up)
		if cams.Differs {
			text += " – " + o.T["police.differs"]
		}
		v.PoliceFacts = append(v.PoliceFacts, fact{Key: "police.cameras", Text: text})
	}
	if mayAny(s.User, []access.Right{access.StopPolice}) {
		v.PoliceForms = append(v.PoliceForms, o.errand(choices{}, map[bool]string{true: "police_go", false: "police_stop"}[b.Killed], nil))
	}
	v.PoliceForms = append(v.PoliceForms, o.errand(choices{}, "police_test", nil))
	return nil
}

func (c *Console) fillRobots(v *healthView, w http.ResponseWriter, r *http.Request, s access.Session) error {
	var robots []notify.Health
	if err := c.get(w, r, s, "/api/v1/notify/health", &robots); err != nil {
		return err
	}
	o := v.office
	v.Robots = table{Name: "robots", Columns: []string{"robot", "state", "budget", "queue", "succeeded", "failed", "todo"}, Empty: "empty.robots"}
	for _, x := range robots {
		state := cell{Text: o.T["robot.works"], Badge: "up"}
		switch {
		case x.BlockedUntil != nil && x.BlockedUntil.After(o.Now):
			state = cell{At: *x.BlockedUntil, Sub: o.T["robot.blocked"], Badge: "warn"}
		case x.Error != "":
			state = cell{Text: o.Word("robot", x.Error), Badge: "down", Sub: strings.TrimSpace(x.Code + " " + x.Fault)}
		case x.SucceededAt == nil:
			state = cell{Text: o.T["robot.never"]}
		}
		todo := x.DoZH
		if o.Lang == en {
			todo = x.DoEN
		}
		v.Robots.Rows = append(v.Robots.Rows, row{Bad: x.Error != "", Cells: []cell{
			{Text: x.Robot, Sub: x.Kind},
			state,
			{Text: strconv.Itoa(x.Budget), Sub: o.Say("robot.reserve", "n", x.Reserve)},
			{Text: o.Say("robot.waiting", "n", x.Waiting, "urgent", x.Urgent), Sub: age(o, x.Oldest)},
			at(x.SucceededAt),
			{Text: fmt.Sprintf("%d / %d", x.Failed, x.Unclear)},
			word(cmp.Or(todo, "–")),
		}})
	}
	if err := c.get(w, r, s, "/api/v1/duty-roster", &v.Roster); err != nil {
		return err
	}
	v.Turns = o.turns(v.Roster, mayAny(s.User, []access.Right{access.ManageRoster}))
	if mayAny(s.User, []access.Right{access.ManageRoster}) {
		f := o.turnForm()
		f.Version = toWord(v.Roster.Version)
		v.Add = &f
	}
	return nil
}

func age(o office, v any) string {
	if t := timeOf(v); !t.IsZero() {
		return o.Age(t)
	}
	return ""
}

// turns are the rows of the roster; each can be taken out by who keeps it.
func (o office) turns(d api.DutyRoster, keeps bool) table {
	t := table{Name: "roster", Columns: []string{"account", "duty", "scope", "order", "hours", "days", "now"}, Empty: "empty.roster"}
	for n, x := range d.Turns {
		hours := o.T["turn.always"]
		if x.From != "" {
			hours = x.From + "–" + x.To
		}
		one := row{ID: strconv.Itoa(n), Cells: []cell{
			word(x.Account), word(o.Word("duty", cmp.Or(x.Role, "duty"))), word(cmp.Or(x.Scope, o.T["scope.all"])), word(strconv.Itoa(x.Order)), word(hours),
			{Text: o.Word("days", cmp.Or(x.Days, "every")), Sub: strings.Trim(string(x.First)+" – "+string(x.Last), " –")},
			word("–"),
		}}
		if slices.ContainsFunc(d.Now, func(now notify.Turn) bool {
			return now.Account == x.Account && now.Role == x.Role && now.Order == x.Order
		}) {
			one.Cells[6] = cell{Text: o.T["turn.now"], Badge: "up"}
		}
		if keeps {
			f := o.form("/health/roster/"+strconv.Itoa(n)+"/drop", "turn_drop", o.T["errand.turn_drop"])
			f.Version, f.Danger, f.Back = toWord(d.Version), true, "/health#roster"
			one.Forms = []form{f}
		}
		t.Rows = append(t.Rows, one)
	}
	return t
}

// turnFields are what a turn of duty says.
var turnFields = []string{"account", "duty", "scope", "order", "days", "from_hour", "to_hour", "first", "last"}

func (o office) turnForm() form {
	var fields []field
	for _, name := range turnFields {
		f := o.field(name, name == "account" || name == "order", "")
		f.Hint = o.T["hint."+name]
		fields = append(fields, f)
	}
	f := o.form("/health/roster", "turn_add", o.T["errand.turn_add"], fields...)
	f.Back = "/health#roster"
	return f
}

// addTurn puts one more turn into the roster that the form was made for.
func (c *Console) addTurn(w http.ResponseWriter, r *http.Request, s access.Session) {
	c.changeRoster(w, r, s, c.office(r, s).turnForm(), func(turns []any) []any { return append(turns, body(r, turnFields)) })
}

func (c *Console) dropTurn(w http.ResponseWriter, r *http.Request, s access.Session) {
	o := c.office(r, s)
	f := o.form(r.URL.Path, "turn_drop", o.T["errand.turn_drop"])
	f.Back = "/health#roster"
	c.changeRoster(w, r, s, f, func(turns []any) []any {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= len(turns) {
			return turns
		}
		return slices.Delete(turns, n, n+1)
	})
}

// changeRoster writes the roster anew. If it is another one than the form was made
// for, the API refuses.
func (c *Console) changeRoster(w http.ResponseWriter, r *http.Request, s access.Session, f form, change func([]any) []any) {
	var now struct {
		Version int64
		Turns   []any
	}
	if c.get(w, r, s, "/api/v1/duty-roster", &now) != nil {
		return
	}
	f.Version = toWord(now.Version)
	c.send(w, r, s, f, wish{Method: http.MethodPut, Path: "/api/v1/duty-roster", Version: r.PostFormValue("version"), Body: map[string]any{"turns": append([]any{}, change(now.Turns)...)}})
}
