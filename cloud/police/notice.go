package police

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
)

// An Envelope is a message as it travels: CloudEvents 1.0 in structured JSON.
type Envelope struct {
	SpecVersion string `json:"specversion"`
	ID          string `json:"id"`
	Source      string `json:"source"`
	Type        string `json:"type"`
	Subject     string `json:"subject,omitempty"`
	Time        string `json:"time"`
	Recorded    string `json:"recordedtime,omitempty"` // when the sender wrote it
	Expires     string `json:"expirytime,omitempty"`
	Sequence    string `json:"sequence,omitempty"` // zero-padded; the lower one is outdated
	ContentType string `json:"datacontenttype,omitempty"`
	Schema      string `json:"dataschema,omitempty"`
	Ref         string `json:"dataref,omitempty"` // a one-time link to a picture
	Data        any    `json:"data"`
}

// ContentType is that of a structured CloudEvent (MQTT binding §3.2).
const ContentType = "application/cloudevents+json"

func envelope(kind, id, source string, at time.Time, data any) Envelope {
	return Envelope{
		SpecVersion: "1.0", ID: id, Source: source, Type: "cs." + kind + ".v1", Time: stamp(at), ContentType: "application/json", Schema: "cs:v1:" + kind, Data: data,
	}
}

// stamp is RFC 3339 with an offset (rule 6).
func stamp(t time.Time) string {
	return t.In(governance.Shanghai).Format("2006-01-02T15:04:05.000Z07:00")
}

// A Notice is what is told of an incident. A field that the agreement does not name
// is not there.
type Notice struct {
	Status      string  `json:"status"`  // Actual: an exercise never becomes a notice
	MsgType     string  `json:"msgtype"` // Alert, then Update (CAP 1.2 §3.2.1)
	Incident    string  `json:"incident"`
	Class       string  `json:"class"`
	Level       int     `json:"level,omitempty"`
	Certainty   string  `json:"certainty,omitempty"`
	State       string  `json:"state,omitempty"`
	FirstSeenAt string  `json:"first_seen_at,omitempty"`
	ConfirmedAt string  `json:"confirmed_at,omitempty"`
	Place       *Where  `json:"place,omitempty"`
	Contact     Contact `json:"contact"`
	Text        string  `json:"text"`
}

// Where is a place: of a thing, never of a person. Degrees are WGS-84.
type Where struct {
	Code string   `json:"code,omitempty"`
	Name string   `json:"name,omitempty"`
	Lat  *float64 `json:"lat,omitempty"`
	Lon  *float64 `json:"lon,omitempty"`
}

// A Contact is whom to call back: a role and a switchboard, nobody by name.
type Contact struct {
	Role  string `json:"role" yaml:"role"`
	Phone string `json:"phone" yaml:"phone"`
}

// notice makes a notice of the fields that the agreement lets out, and no other.
func (b *Bridge) notice(told map[string]any, i incident.Incident, msgtype string) Notice {
	n := Notice{Status: "Actual", MsgType: msgtype, Incident: i.Number, Class: i.Class, Contact: b.o.Contact}
	has := func(field string) bool { _, ok := told[field]; return ok }
	if has("level") {
		n.Level = int(i.Level)
	}
	if has("certainty") {
		n.Certainty = i.Certainty
	}
	if has("state") {
		n.State = string(i.State)
	}
	if has("first_seen_at") {
		n.FirstSeenAt = stamp(i.FirstSeenAt)
	}
	if has("confirmed_at") && i.ConfirmedAt != nil {
		n.ConfirmedAt = stamp(*i.ConfirmedAt)
	}
	if has("place") || has("place_name") {
		n.Place = &Where{}
	}
	if has("place_name") {
		n.Place.Name = i.PlaceName
	}
	if has("place") {
		n.Place.Code = i.Place
		n.Place.Lat, n.Place.Lon = b.o.Point(i.Place)
	}
	n.Text = b.text(n)
	return n
}

// maxText bounds the text, in characters (rule 2).
const maxText = 200

// text is for who reads it aloud over a radio: from a template, of what the notice
// says anyway, and never what somebody wrote.
func (b *Bridge) text(n Notice) string {
	class, _ := b.o.Catalogue.Class(n.Class)
	name := class.ZH
	if name == "" {
		name = n.Class
	}
	parts := []string{fmt.Sprintf("【社区%s】%s", map[string]string{"Alert": "报警", "Update": "续报"}[n.MsgType], name)}
	if n.Level > 0 {
		parts = append(parts, fmt.Sprintf("%d级", n.Level))
	}
	if n.Place != nil && n.Place.Name != "" {
		parts = append(parts, "地点："+n.Place.Name)
	}
	if word, ok := phases[phaseOf(incident.State(n.State))]; ok && n.State != "" {
		parts = append(parts, word)
	}
	if n.ConfirmedAt != "" {
		parts = append(parts, "人工核实时间："+strings.Replace(n.ConfirmedAt[:16], "T", " ", 1))
	}
	return cut(strings.Join(append(parts, "编号："+n.Incident, fmt.Sprintf("联系：%s %s", n.Contact.Role, n.Contact.Phone)), "，"), maxText)
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// A phase is what the police need to know of how far an incident is.
type phase string

const (
	running  phase = "running"
	resolved phase = "resolved"
	ended    phase = "ended"
)

var phases = map[phase]string{running: "正在处置", resolved: "现场已处置", ended: "已结案"}

func phaseOf(s incident.State) phase {
	switch s {
	case incident.Resolved, incident.Checked, incident.Reviewed:
		return resolved
	}
	if !s.Open() {
		return ended
	}
	return running
}

// digest is what a new message would tell. Incidents change often; the police hear
// of it when one of these does.
func digest(i incident.Incident) string {
	return fmt.Sprintf("%s|%d|%s|%s|%s", i.Class, i.Level, i.Certainty, i.Place, phaseOf(i.State))
}

// encode writes an envelope and holds it against its schema: a message that does not
// fit the contract must not leave.
func (e Envelope) encode() ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if err := Check(body); err != nil {
		return nil, fmt.Errorf("what was to be sent does not fit the contract: %w", err)
	}
	return body, nil
}
