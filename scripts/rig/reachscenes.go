package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fire: a smoke sensor and a camera make one incident, which pages the duty roster, is
// acknowledged by link, confirmed, and arrives at the police.
func (r *reach) fire(ctx context.Context) error {
	r.began = time.Now()
	if err := sensor(r.sensors, "smoke", "on"); err != nil {
		return err
	}
	var i incidentView
	find := func(want ...string) func() (bool, error) {
		return func() (bool, error) {
			all, err := r.incidents(ctx, "class=fire.smoke,fire.visual")
			if err != nil || len(all) != 1 {
				return false, err
			}
			i = all[0]
			return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(i.sources(), s) }), nil
		}
	}
	if _, err := r.until(ctx, "one incident of a sensor and a camera", find("sensor", "camera_auto")); err != nil {
		return fmt.Errorf("%w; the incident has %v", err, i.sources())
	}
	r.proof.Incident, r.proof.Sources = i.Number, i.sources()
	r.cases[i.Number] = true
	for _, robot := range []string{"duty", "fire", "sms"} {
		if _, err := r.until(ctx, "the robot "+robot+" shows it", r.phoned(ctx, robot, i.Number)); err != nil {
			return err
		}
	}
	if err := r.tap(ctx, i.Number); err != nil {
		return err
	}
	if _, err := r.until(ctx, "it is acknowledged", func() (bool, error) {
		now, err := r.incident(ctx, i.ID)
		return now.TakenBy == r.user, err
	}); err != nil {
		return err
	}
	if err := r.confirm(ctx, i.ID); err != nil {
		return err
	}
	if _, err := r.until(ctx, "the API shows the receipt of the police", r.received(ctx, i)); err != nil {
		return err
	}
	return r.order(ctx, i)
}

// order notes when an incident arrived where, by each one's own word.
func (r *reach) order(ctx context.Context, i incidentView) error {
	i, err := r.incident(ctx, i.ID)
	if err != nil {
		return err
	}
	bubbles, err := r.bubbles(ctx)
	if err != nil {
		return err
	}
	v, err := r.atPolice(ctx)
	if err != nil {
		return err
	}
	messages, err := r.toPolice(ctx, i.ID)
	if err != nil {
		return err
	}
	for _, d := range i.Discoveries {
		r.arrived("cloud", "event of "+d.Source, d.At)
	}
	first := map[string]bool{}
	for _, b := range bubbles {
		if b.tells(i.Number) && !first[b.Robot] {
			first[b.Robot] = true
			r.arrived("phone", b.Robot, b.At)
		}
	}
	r.arrived("cloud", "acknowledged by link", i.TakenAt)
	r.arrived("cloud", "confirmed", i.ConfirmedAt)
	for _, n := range v.Notices {
		if n.Incident == i.Number {
			r.arrived("police", "notice", n.At)
		}
	}
	for _, m := range messages {
		r.arrived("cloud", "receipt of the police", m.ReceiptAt)
	}
	return nil
}

// tap uses an acknowledge link of an incident's messages, as a person with a phone.
func (r *reach) tap(ctx context.Context, number string) error {
	all, err := r.bubbles(ctx)
	if err != nil {
		return err
	}
	var said []string
	for _, b := range all {
		for _, link := range b.Links {
			if !b.tells(number) || !strings.Contains(link, "/a/") {
				continue
			}
			resp, err := http.PostForm(link, url.Values{"name": {r.user}, "password": {r.password}})
			if err != nil {
				return err
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			said = append(said, resp.Status)
		}
	}
	return fmt.Errorf("no link of %s can be tapped: %v", number, said)
}

// A joint is a connection that can be cut.
type joint struct {
	name    string
	out, in func() error
	seen    string // what is visible when it is out
	visible func() (bool, error)
}

// pull pulls a plug, waits until that is seen, lets something happen meanwhile, puts the
// plug back, and waits until all has arrived.
func (r *reach) pull(ctx context.Context, p joint, meanwhile func() (number string, arrived func() (bool, error), err error)) error {
	began := time.Now()
	if err := p.out(); err != nil {
		return err
	}
	number, arrived, err := meanwhile()
	if err != nil {
		return err
	}
	if _, err := r.until(ctx, p.seen, p.visible); err != nil {
		return err
	}
	saw := time.Since(began)
	if err := p.in(); err != nil {
		return err
	}
	all, err := r.until(ctx, number+" arrives after all", arrived)
	if err != nil {
		return err
	}
	r.proof.Plugs = append(r.proof.Plugs, pulled{p.name, p.seen, seconds(saw), number, seconds(all)})
	return nil
}

// robot: the duty robot's platform is gone. That is seen; level 1 goes another way at
// once, and by the robot when it is back.
func (r *reach) robot(ctx context.Context) error {
	fail := func(how string) func() error {
		return func() error {
			p := person{base: "http://" + r.robots}
			return p.ask(ctx, http.MethodPost, "/robots/duty/fail?how="+how+"&for=", nil, nil)
		}
	}
	before, err := r.count(r.console, `cloud_notify_errors_total{`, `robot="duty"`)
	if err != nil {
		return err
	}
	counted := func() (bool, error) {
		now, err := r.count(r.console, `cloud_notify_errors_total{`, `robot="duty"`)
		return now > before, err
	}
	return r.pull(ctx, joint{"robot", fail("down"), fail(""), "the robot's errors are counted", counted}, func() (string, func() (bool, error), error) {
		i, err := r.report(ctx, "security.panic", "gate", "robot away")
		if err == nil {
			_, err = r.until(ctx, "another robot tells it meanwhile", r.phoned(ctx, "fire", i.Number))
		}
		return i.Number, r.phoned(ctx, "duty", i.Number), err
	})
}

// policeBroker: their broker is gone. Health says so, the incident says that somebody
// must phone, and the message arrives when the broker is back.
func (r *reach) policeBroker(ctx context.Context) error {
	plug := func(out string) func() error {
		return func() error {
			p := person{base: "http://" + r.police.web}
			return p.ask(ctx, http.MethodPost, "/plug?out="+out, nil, nil)
		}
	}
	var i incidentView
	phone := func() (bool, error) {
		var h struct {
			Bridge struct{ Link struct{ Connected bool } }
		}
		if err := r.duty.get(ctx, "/api/v1/police/health", &h); err != nil || h.Bridge.Link.Connected {
			return false, err
		}
		messages, err := r.toPolice(ctx, i.ID)
		return len(messages) == 1 && messages[0].Phone, err
	}
	return r.pull(ctx, joint{"police broker", plug("true"), plug("false"), "health has no link, and the incident says: phone", phone}, func() (string, func() (bool, error), error) {
		var err error
		if i, err = r.report(ctx, "fire.manual_button", "gate", "police away"); err != nil {
			return "", nil, err
		}
		r.cases[i.Number] = true
		return i.Number, r.received(ctx, i), r.confirm(ctx, i.ID)
	})
}

// sensorBroker: the sensors' broker is gone. The box says so, and hears the panic
// button when it is back.
func (r *reach) sensorBroker(ctx context.Context) error {
	if _, err := r.until(ctx, "the box hears the sensors", func() (bool, error) { return r.linked(ctx) }); err != nil {
		return err
	}
	known, err := r.incidents(ctx, "class=security.panic")
	if err != nil {
		return err
	}
	out := func() error {
		n := slices.IndexFunc(r.running, func(p *process) bool { return p.name == "mosquitto" })
		r.running[n].stop()
		r.running = slices.Delete(r.running, n, n+1)
		return nil
	}
	in := func() error {
		if err := r.startSensors(ctx); err != nil {
			return err
		}
		_, err := r.until(ctx, "the box hears the sensors again", func() (bool, error) { return r.linked(ctx) })
		if err == nil {
			err = sensor(r.sensors, "panic", "on")
		}
		return err
	}
	deaf := func() (bool, error) {
		linked, err := r.linked(ctx)
		return !linked, err
	}
	return r.pull(ctx, joint{"sensor broker", out, in, "the box's health says that its sensors cannot be heard", deaf}, func() (string, func() (bool, error), error) {
		return "panic button", func() (bool, error) {
			now, err := r.incidents(ctx, "class=security.panic")
			if err != nil || len(now) <= len(known) {
				return false, err
			}
			for _, i := range now {
				if _, known := r.cases[i.Number]; !known {
					r.cases[i.Number] = false
				}
			}
			return r.phoned(ctx, "duty", now[0].Number)()
		}, nil
	})
}

// linked asks the box whether it hears its sensors.
func (r *reach) linked(ctx context.Context) (bool, error) {
	var h struct {
		Parts struct {
			Sensors struct {
				Sources map[string]struct{ Linked bool }
			}
		}
	}
	p := person{base: "http://" + r.health}
	if err := p.get(ctx, "/healthz", &h); err != nil {
		return false, err
	}
	return h.Parts.Sensors.Sources["zigbee2mqtt"].Linked, nil
}

// audit counts what was lost and what came twice, of all that had to arrive.
func (r *reach) audit(ctx context.Context) error {
	bubbles, err := r.bubbles(ctx)
	if err != nil {
		return err
	}
	v, err := r.atPolice(ctx)
	if err != nil {
		return err
	}
	told, shown := map[string]bool{}, map[string]bool{}
	for _, b := range bubbles {
		for number := range r.cases {
			told[number] = told[number] || b.Robot == "duty" && b.tells(number)
		}
		key := strings.Join([]string{b.Robot, b.To, b.Title, b.Text}, " · ")
		if shown[key] {
			r.proof.Doubled = append(r.proof.Doubled, "phone "+key)
		}
		shown[key] = true
	}
	police := map[string]bool{}
	for _, n := range v.Notices {
		police[n.Incident] = true
		if n.Times != 1 || n.Fault != "" {
			r.proof.Doubled = append(r.proof.Doubled, fmt.Sprintf("police %s ×%d %s", n.Incident, n.Times, n.Fault))
		}
	}
	for number, wanted := range r.cases {
		if !told[number] {
			r.proof.Lost = append(r.proof.Lost, "phone "+number)
		}
		if wanted && !police[number] {
			r.proof.Lost = append(r.proof.Lost, "police "+number)
		}
		if !wanted && police[number] {
			r.proof.Doubled = append(r.proof.Doubled, "police "+number+", which nobody has confirmed")
		}
	}
	return nil
}

// count reads one figure of a program's metrics, summed over the lines that begin and
// hold something.
func (r *reach) count(addr, begins, holds string) (sum float64, err error) {
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(io.LimitReader(resp.Body, 8<<20)); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, begins) || !strings.Contains(line, holds) {
			continue
		}
		v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}
