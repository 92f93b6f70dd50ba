package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/config"
	"eastgate/cloud/notify"
	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/dingtalk"
	"eastgate/cloud/notify/email"
	"eastgate/cloud/notify/feishu"
	"eastgate/cloud/notify/sms"
	"eastgate/cloud/notify/tap"
	"eastgate/cloud/notify/webhook"
	"eastgate/cloud/notify/wecom"
	"eastgate/cloud/organisation"
	"eastgate/cloud/web"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// openNotify makes the robots of the configuration, and what sends by them.
func (c *Cloud) openNotify() error {
	robots, err := openRobots(c.file.Notify)
	if err != nil {
		return err
	}
	keys, err := contactKeys(c.file)
	if err != nil {
		return err
	}
	n := c.file.Notify
	quiet, err := notify.ParseQuiet(n.Quiet.From, n.Quiet.To)
	if err != nil {
		return fmt.Errorf("notify.quiet: %w", err)
	}
	c.notify = notify.New(c.engine, c.reminders, c.store, notify.Options{
		Robots: robots, Routes: routes(n.Routes), Quiet: quiet, Language: n.Language, PublicURL: strings.TrimSuffix(cmp.Or(n.PublicURL, c.file.PublicURL), "/"),
		DigestOver: n.DigestOver, Catalogue: c.catalogue, Calendar: c.calendar, Log: c.log, Metrics: notify.NewMetrics(c.reg),
		Directory: phones{organisation.New(c.store, keys, c.parts.register)},
	})
	return nil
}

// phones tells how people of organisations are reached.
type phones struct{ *organisation.Book }

// UnitContacts implements notify.Directory.
func (p phones) UnitContacts(ctx context.Context, unit string) ([]string, error) {
	contacts, err := p.Contacts(ctx, unit)
	var out []string
	for _, c := range contacts { // the named one first, then deputies
		if c.Gone == nil {
			out = append(out, c.ID)
		}
	}
	return out, err
}

// tapPages are the pages that acknowledge links lead to.
func (c *Cloud) tapPages(door web.Door) web.Handler {
	taps := notify.Taps{Links: c.store, Incidents: c.engine, Register: c.parts.register, Now: time.Now, Person: func(ctx context.Context, name string) (access.User, error) {
		u, _, err := c.store.Person(ctx, name)
		return u, err
	}}
	return tap.Pages{Taps: taps, Door: door, Catalogue: c.catalogue, Log: c.log}.Handler()
}

func openRobots(n config.Notify) ([]notify.Robot, error) {
	var out []notify.Robot
	client := channel.NewClient()
	for name, r := range n.Robots {
		robot, err := openRobot(name, r, client)
		if err != nil {
			return nil, fmt.Errorf("notify.robots.%s: %w", name, err)
		}
		out = append(out, robot)
	}
	slices.SortFunc(out, func(a, b notify.Robot) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// openRobot makes one robot; secrets are read now, so that a wrong one is told at the
// start.
func openRobot(name string, r config.Robot, client *http.Client) (notify.Robot, error) {
	out := notify.Robot{Name: name, Kind: r.Kind, Instead: r.Instead, Reserve: r.Reserve}
	words, err := load(map[string]secret.Ref{"url": r.URL, "secret": r.Secret, "token": r.Token, "password": r.Password})
	if err != nil {
		return out, err
	}
	switch r.Kind {
	case "wecom":
		out.Limits = wecom.Limits
		out.Sender, err = wecom.New(words["url"], client)
	case "dingtalk":
		out.Limits = dingtalk.Limits
		out.Sender, err = dingtalk.New(words["url"], words["secret"], client)
	case "feishu":
		out.Limits = feishu.Limits
		out.Sender, err = feishu.New(words["url"], words["secret"], client)
	case "webhook":
		out.Limits = webhook.Limits
		out.Sender, err = webhook.New(words["url"], words["secret"], client)
	case "email":
		out.Limits = email.Limits
		out.Sender, err = email.New(email.Config{Server: r.Server, User: r.User, Password: words["password"], From: r.From, To: r.To})
	case "sms":
		out.Limits, out.Persons = sms.Limits, true
		out.Sender, err = sms.New(sms.Config{
			Address: words["url"], Token: words["token"], Sign: r.Sign, Templates: templates(r.Templates), Body: r.Body, Type: r.BodyType, CodeField: r.CodeField, OK: r.OK,
		}, client)
	default:
		err = fmt.Errorf("kind %q: one of %v", r.Kind, config.RobotKinds)
	}
	out.Limits = slices.Clone(out.Limits)
	if err == nil && r.PerMinute > 0 {
		out.Limits[0] = channel.Limit{N: r.PerMinute, Per: time.Minute}
	}
	if err == nil && out.Reserve == 0 {
		out.Reserve = out.Limits[0].N / 3
	}
	return out, err
}

// load reads the secrets that are named.
func load(refs map[string]secret.Ref) (map[string]secret.Value, error) {
	out := map[string]secret.Value{}
	for name, ref := range refs {
		if !ref.Set() {
			continue
		}
		word, err := ref.Load()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = word
	}
	return out, nil
}

// templates are a provider's ids; "default" is what the rest has.
func templates(of map[string]string) map[string]string {
	out := map[string]string{}
	for kind, id := range of {
		if kind == "default" {
			kind = ""
		}
		out[kind] = id
	}
	return out
}

func routes(of []config.Route) []notify.Route {
	var out []notify.Route
	for _, r := range of {
		way := notify.Route{Robot: r.Robot, Scope: r.Scope, Units: r.Units, Classes: r.Classes, Tests: r.Tests, AtOnce: r.AtOnce}
		for _, to := range r.To {
			way.To = append(way.To, notify.Audience(to))
		}
		for _, l := range r.Levels {
			way.Levels = append(way.Levels, event.Level(l))
		}
		out = append(out, way)
	}
	return out
}
