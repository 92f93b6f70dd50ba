package config

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// Notify is how people hear on their phones. Without a robot nobody does.
type Notify struct {
	Language string `yaml:"language"` // zh-CN or en
	// PublicURL is how phones reach the cloud; public_url when empty.
	PublicURL string `yaml:"public_url"`
	Quiet     Quiet  `yaml:"quiet"` // levels 3 and 4 wait for its end
	// DigestOver is how many messages may wait for a robot before they become one.
	DigestOver int              `yaml:"digest_over"`
	Robots     map[string]Robot `yaml:"robots"`
	Routes     []Route          `yaml:"routes"`
}

// Quiet are hours of the day in Asia/Shanghai, as 22:00 and 07:00.
type Quiet struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// A Robot is one way out. Its address is a secret: whoever has it can speak in the
// group.
type Robot struct {
	Kind   string     `yaml:"kind"`   // one of RobotKinds
	URL    secret.Ref `yaml:"url"`    // as the platform gives it
	Secret secret.Ref `yaml:"secret"` // that signs: of dingtalk, feishu and webhook
	// PerMinute bounds what is sent; 0 is a little less than the platform takes. Reserve
	// is how much of it is kept for level 1; 0 is a third.
	PerMinute int    `yaml:"per_minute"`
	Reserve   int    `yaml:"reserve"`
	Instead   string `yaml:"instead"` // the robot that level 1 goes to as well when this one fails

	Token     secret.Ref        `yaml:"token"`     // of sms
	Sign      string            `yaml:"sign"`      // the approved signature
	Templates map[string]string `yaml:"templates"` // ids by kind of message; default is the rest's
	Body      string            `yaml:"body"`      // what is posted, as a text/template
	BodyType  string            `yaml:"body_type"`
	CodeField string            `yaml:"code_field"`
	OK        []string          `yaml:"ok"`

	Server   string     `yaml:"server"` // of email, as host:port
	User     string     `yaml:"user"`
	Password secret.Ref `yaml:"password"`
	From     string     `yaml:"from"`
	To       []string   `yaml:"to"`
}

// RobotKinds are the kinds of robots.
var RobotKinds = []string{"wecom", "dingtalk", "feishu", "sms", "webhook", "email"}

// A Route says which messages a robot is told. What is left out does not matter.
type Route struct {
	Robot   string   `yaml:"robot"`
	To      []string `yaml:"to"` // duty, unit, checker, lead, supervisor
	Levels  []int    `yaml:"levels"`
	Scope   string   `yaml:"scope"` // a path and all below it
	Units   []string `yaml:"units"`
	Classes []string `yaml:"classes"` // keys, or fire.*
	Tests   bool     `yaml:"tests"`   // exercises and tests too
	AtOnce  bool     `yaml:"at_once"` // of sms: from the first message on
}

var (
	hours     = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$|^24:00$`)
	listeners = []string{"duty", "unit", "checker", "lead", "supervisor"}
)

func (n Notify) validate() []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf("notify."+format, a...)) }
	if !slices.Contains([]string{"", "zh-CN", "en"}, n.Language) {
		bad("language: %q: zh-CN or en", n.Language)
	}
	if u, err := url.Parse(n.PublicURL); n.PublicURL != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		bad("public_url: %q is no address such as https://host", n.PublicURL)
	}
	if (n.Quiet.From == "") != (n.Quiet.To == "") {
		bad("quiet: from and to belong together")
	}
	for _, h := range []string{n.Quiet.From, n.Quiet.To} {
		if h != "" && !hours.MatchString(h) {
			bad("quiet: %q is no hour as 22:00", h)
		}
	}
	if n.DigestOver < 0 || n.DigestOver > 50 {
		bad("digest_over: %d is not 1 to 50", n.DigestOver)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Robots)) {
		for _, said := range n.Robots[name].faults(name, n.Robots) {
			bad("robots.%s%s", name, said)
		}
	}
	for i, r := range n.Routes {
		for _, said := range r.faults(n.Robots) {
			bad("routes[%d].%s", i, said)
		}
	}
	return faults
}

func (r Robot) faults(name string, all map[string]Robot) (out []string) {
	bad := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	if !event.ValidName(name) {
		bad(": a name has %s", event.NameRule)
	}
	switch r.Kind {
	case "wecom", "dingtalk", "feishu", "webhook", "sms":
		if !r.URL.Set() {
			bad(".url: want {file: PATH} or {env: NAME}: the address is a secret")
		}
		if r.Kind == "webhook" && !r.Secret.Set() {
			bad(".secret: want {file: PATH} or {env: NAME}: what nobody signed nobody can trust")
		}
		if r.Kind == "sms" && (r.Sign == "" || len(r.Templates) == 0) {
			bad(".sign and .templates: the provider approves them beforehand")
		}
	case "email":
		if r.Server == "" || r.From == "" || len(r.To) == 0 {
			bad(": server, from and to are needed")
		}
	default:
		bad(".kind: %q: one of %v", r.Kind, RobotKinds)
	}
	if r.PerMinute < 0 || r.Reserve < 0 || r.PerMinute > 0 && r.Reserve >= r.PerMinute {
		bad(".reserve: %d must be less than per_minute %d", r.Reserve, r.PerMinute)
	}
	if other, ok := all[r.Instead]; r.Instead != "" && (!ok || r.Instead == name || (other.Kind == "sms") != (r.Kind == "sms")) {
		bad(".instead: %q is no other robot of this sort", r.Instead)
	}
	return out
}

func (r Route) faults(robots map[string]Robot) (out []string) {
	bad := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	if _, ok := robots[r.Robot]; !ok {
		bad("robot: %q is none of %v", r.Robot, slices.Sorted(maps.Keys(robots)))
	}
	for _, to := range r.To {
		if !slices.Contains(listeners, to) {
			bad("to: %q: one of %v", to, listeners)
		}
	}
	for _, l := range r.Levels {
		if l < 1 || l > 4 {
			bad("levels: %d: 1 to 4", l)
		}
	}
	if r.Scope != "" && slices.ContainsFunc(strings.Split(r.Scope, "/"), func(s string) bool { return !event.ValidName(s) }) {
		bad("scope: %q is no path as dongguan/c3", r.Scope)
	}
	return out
}
