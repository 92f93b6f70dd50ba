package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"eastgate/scripts/rig/screen"
)

// A hunt is the last line that `rig secrets -json` prints.
type hunt struct {
	Secrets int      `json:"secrets"` // that the site used
	Bytes   int      `json:"bytes"`   // that were looked through
	Found   []string `json:"found"`   // which secret stands where; never the secret
}

// leaky is a camera that cannot be reached and has a password in a file: what the box
// says of it must not say that.
const leaky = "locked"

// huntSecrets runs the demo's site with its boxes at the most talkative, makes it say
// all that it can, and looks for each of its secrets in what it said.
func huntSecrets(ctx context.Context, asJSON bool, within time.Duration) error {
	views, err := drawn(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eastgate-secrets-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(filepath.Join(dir, "site"), "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.talkative = true
	defer s.down()
	if err := s.show(ctx, views); err != nil {
		return err
	}
	if err := s.busy(ctx, within); err != nil {
		return err
	}
	said, tokens, err := s.everythingSaid(ctx)
	if err != nil {
		return err
	}
	known, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	maps.Copy(known, tokens)
	s.down() // what they say at the end counts too
	if err := s.logs(said); err != nil {
		return err
	}
	h := look(known, said)
	open, err := s.openFiles()
	h.Found = append(h.Found, open...)
	return errors.Join(err, h.tell(asJSON))
}

// busy waits until events and pictures have gone all the way, and one box was told no.
func (s *site) busy(ctx context.Context, within time.Duration) error {
	var p proof
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(250 * time.Millisecond) {
		if err := errors.Join(s.count(ctx, &p), ctx.Err()); err != nil {
			return err
		}
		if p.EventsInCloud > 0 && p.Snapshots > 0 {
			return nil
		}
	}
	return fmt.Errorf("%d events and %d pictures came in %s", p.EventsInCloud, p.Snapshots, within)
}

// look finds secrets in texts, as they are and as they are often written.
func look(known map[string]string, said map[string]string) hunt {
	h := hunt{Secrets: len(known), Found: []string{}}
	for _, where := range slices.Sorted(maps.Keys(said)) {
		text := said[where]
		h.Bytes += len(text)
		for _, what := range slices.Sorted(maps.Keys(known)) {
			for how, word := range written(known[what]) {
				if strings.Contains(text, word) {
					h.Found = append(h.Found, fmt.Sprintf("%s (%s) stands in %s", what, how, where))
				}
			}
		}
	}
	return h
}

func (h hunt) tell(asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(h); err != nil {
			return err
		}
	} else {
		fmt.Printf("%d secrets, %d bytes looked through\n%s", h.Secrets, h.Bytes, strings.Join(append(h.Found, ""), "\n"))
	}
	if len(h.Found) > 0 {
		return fmt.Errorf("%d secrets are found", len(h.Found))
	}
	return nil
}

// everythingSaid asks the programs for all that they can be asked for. It returns what
// they said by where, and the sessions that it was given on the way.
func (s *site) everythingSaid(ctx context.Context) (said, tokens map[string]string, err error) {
	said, tokens = map[string]string{}, map[string]string{}
	people := map[string]*asker{"nobody": {address: "http://" + s.console}}
	words, err := s.everybody(ctx)
	if err != nil {
		return nil, nil, err
	}
	for name, word := range words {
		factor, err := secondFactor(ctx, s.cloudFile(), name)
		if err != nil {
			return nil, nil, err
		}
		if people[name], err = s.ask(ctx, screen.Person{Name: name, Password: word, Code: factor.code}); err != nil {
			return nil, nil, err
		}
		tokens["session of "+name], tokens["password of "+name], tokens["seed of "+name] = people[name].token, word, factor.words
	}
	if _, err := s.ask(ctx, screen.Person{Name: "lead", Password: s.password}); err == nil { // another's password
		return nil, nil, errors.New("a wrong password was taken")
	}
	for _, path := range pages {
		for who, a := range people {
			if said[who+" at "+path], err = page(ctx, a.address+path, a.token); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, path := range []string{"/healthz", "/metrics", "/", "/no-such-page", "/debug/pprof/cmdline"} {
		if said["the box at "+path], err = page(ctx, "http://"+s.health+path, ""); err != nil {
			return nil, nil, err
		}
	}
	s.processesSay(said)
	s.commandsSay(ctx, said)
	for _, p := range s.running { // an error that tells an address tells what is secret in it
		if !slices.Contains(ours, p.name) {
			p.stop()
		}
	}
	s.commandsSay(ctx, said)
	return said, tokens, s.registerSays(ctx, said)
}

// pages are what people look at, and some that are not there.
var pages = []string{
	"/", "/account", "/agreements", "/boxes", "/bundles", "/codes", "/coverage", "/domains", "/figures", "/handover", "/health", "/healthz", "/incidents", "/login", "/metrics", "/organisations", "/people", "/places",
	"/register", "/reports", "/setup", "/system", "/whistles", "/no-such-page", "/static/no-such-file", "/v1/evidence/x", "/api/openapi.json",
	"/api/v1/me", "/api/v1/boxes", "/api/v1/bundles", "/api/v1/holds", "/api/v1/retention", "/api/v1/export/filing?format=csv", "/api/v1/cameras", "/api/v1/cameras/states", "/api/v1/duty-roster", "/api/v1/grants", "/api/v1/incidents", "/api/v1/notify/health",
	"/api/v1/notify/messages", "/api/v1/organisations", "/api/v1/people", "/api/v1/police/health", "/api/v1/police/messages", "/api/v1/register?purpose=audit&reason=hunt",
	"/api/v1/register/proof?purpose=audit&reason=hunt", "/api/v1/system", "/api/v1/no-such-thing",
}

// everybody are the people of the site by name, with the three administrators, each with
// a password.
func (s *site) everybody(ctx context.Context) (map[string]string, error) {
	out := map[string]string{s.user: s.password, "lead": s.leadPassword}
	for name, role := range map[string]string{"sysadmin": "system_admin", "secadmin": "security_admin", "auditor": "audit_admin"} {
		word, err := s.addPerson(ctx, name, role)
		if err != nil {
			return nil, err
		}
		out[name] = word
	}
	return out, nil
}

// page reads what is answered, head and body, whatever it is.
func page(ctx context.Context, address, token string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", nil //nolint:nilerr // no request can be made of such an address
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	return fmt.Sprint(resp.Header, "\n", string(body)), err
}

// commandsSay has commands print what they have, also where they fail.
func (s *site) commandsSay(ctx context.Context, said map[string]string) {
	cloud, edge := s.cloudFile(), filepath.Join(s.dir, "edge.yml")
	broken := s.file("broken.yml", "listen: [\nstore_password: {file: "+filepath.Join(s.dir, "duty.url")+"}\n")
	for _, args := range [][]string{
		{"bin/cloud", "check", "-config", cloud},
		{"bin/cloud", "check", "-config", broken},
		{"bin/cloud", "user", "list", "-config", cloud},
		{"bin/cloud", "edge", "list", "-config", cloud},
		{"bin/cloud", "organisation", "list", "-config", cloud},
		{"bin/cloud", "roster", "show", "-config", cloud},
		{"bin/cloud", "notify", "test", "-config", cloud},
		{"bin/cloud", "register", "verify", "-config", cloud},
		{"bin/cloud", "doctor", "-config", cloud},
		{"bin/cloud", "setup", "-config", cloud},
		{"bin/cloud", "police", "reconcile", "-config", cloud},
		{"bin/edge", "check", "-config", edge},
		{"bin/edge", "check", "-config", broken},
		{"bin/edge", "doctor", "-config", edge},
		{"bin/edge", "health", "-config", edge},
		{"bin/edge", "sensors", "-config", edge},
	} {
		limited, stop := context.WithTimeout(ctx, time.Minute)
		out, err := exec.CommandContext(limited, args[0], args[1:]...).CombinedOutput()
		stop()
		said[strings.Join(args[:min(3, len(args)-2)], " ")] += fmt.Sprint(string(out), err)
	}
}
