package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// startRobots starts the local robots, which show messages as a phone would, and
// keeps their addresses and secrets in files for the cloud's configuration.
func (s *site) startRobots(ctx context.Context) error {
	base := "http://" + s.robots
	key := map[string]string{}
	for _, name := range []string{"duty", "lead", "fire", "sms"} {
		key[name] = rand.Text()
	}
	lead, fire := "SEC"+rand.Text(), rand.Text()
	raw := make([]byte, 32)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	for name, word := range map[string]string{
		"duty.url": base + "/cgi-bin/webhook/send?key=" + key["duty"],
		"lead.url": base + "/robot/send?access_token=" + key["lead"], "lead.secret": lead,
		"fire.url": base + "/open-apis/bot/v2/hook/" + key["fire"], "fire.secret": fire,
		"sms.url": base + "/sms/send", "sms.token": key["sms"],
		"contacts.key": base64.StdEncoding.EncodeToString(raw), "duty.phone": "13800000001",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(word+"\n"), 0o600); err != nil {
			return err
		}
	}
	if err := s.start(ctx, "robots", ".cache/bin/robots", "-listen", s.robots,
		"wecom:duty:"+key["duty"], "dingtalk:lead:"+key["lead"]+":"+lead, "feishu:fire:"+key["fire"]+":"+fire, "sms:sms:"+key["sms"]); err != nil {
		return err
	}
	return answers(ctx, base+"/", s.last())
}

// notifyConfig is the part of the cloud's file that tells people.
func (s *site) notifyConfig() string {
	return strings.ReplaceAll(`contacts: {key: {file: DIR/contacts.key}}
notify:
  robots:
    duty: {kind: wecom, url: {file: DIR/duty.url}, instead: fire}
    lead: {kind: dingtalk, url: {file: DIR/lead.url}, secret: {file: DIR/lead.secret}}
    fire: {kind: feishu, url: {file: DIR/fire.url}, secret: {file: DIR/fire.secret}}
    sms: {kind: sms, url: {file: DIR/sms.url}, token: {file: DIR/sms.token}, sign: 东关社区, templates: {default: SMS_1}}
  routes:
    - {robot: duty, to: [duty, unit], tests: true}
    - {robot: fire, to: [duty], classes: [fire.*]}
    - {robot: lead, to: [lead, supervisor]}
    - {robot: sms, to: [duty], levels: [1], at_once: true}
`, "DIR", s.dir)
}

// onDuty puts the demo's person on the roster, around the clock.
func (s *site) onDuty(ctx context.Context, config string) error {
	out, err := output(ctx, "bin/cloud", "contact", "add", "-config", config, "-post", "值班员", "-phone-file", filepath.Join(s.dir, "duty.phone"), "community", s.user)
	if err != nil {
		return err
	}
	words := strings.Fields(out) // contact ID of …
	if len(words) < 2 {
		return fmt.Errorf("contact add said %q", out)
	}
	roster := s.file("roster.json", fmt.Sprintf(`{"turns": [{"account": %q, "contact": %q, "order": 1, "handles": {"wecom": %q, "dingtalk": %q, "feishu": %q}}]}`,
		s.user, words[1], s.user, s.user, s.user))
	_, err = output(ctx, "bin/cloud", "roster", "put", "-config", config, roster)
	return err
}
