package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// A policeSide is where the simulated police are.
type policeSide struct {
	web    string // their page
	broker string
}

// station is the organisation that the bridge speaks to.
const station = "station"

// startPolice starts their broker and their station.
func (s *site) startPolice(ctx context.Context) error {
	s.police = policeSide{web: freePort("127.0.0.1:8095"), broker: freePort("127.0.0.1:0")}
	if err := s.start(ctx, "police", ".cache/bin/police-sim", "-dir", s.policeDir(), "-listen", s.police.web, "-broker", s.police.broker); err != nil {
		return err
	}
	return answers(ctx, "http://"+s.police.web+"/view", s.last())
}

func (s *site) policeDir() string { return filepath.Join(s.dir, "police") }

// policeConfig is the bridge's section of cloud.yml.
func (s *site) policeConfig() string {
	if s.police.broker == "" {
		return ""
	}
	return fmt.Sprintf(`police:
  broker: mqtts://%s
  ca_file: %[2]s/ca.pem
  cert: %[2]s/community.pem
  key: %[2]s/community.key
  district: jiefang
  community: dongguan
  organisation: %[3]s
  contact: {role: 社区值班室, phone: 0411-8888 1234}
`, s.police.broker, s.policeDir(), station)
}

// agree has the station's agreement drafted and signed by two people: without it
// nothing is told.
func (s *site) agree(ctx context.Context) error {
	if _, err := output(ctx, "bin/cloud", "organisation", "add", "-config", s.cloudFile(), "-party", "police", "-en", "Police station", station, "解放路派出所"); err != nil {
		return err
	}
	var signers []*person
	for _, who := range []struct{ name, role string }{{"lead", "centre_lead"}, {"super", "supervisor"}} {
		word, err := s.addPerson(ctx, who.name, who.role)
		if err != nil {
			return err
		}
		p, err := s.login(ctx, who.name, word)
		if err != nil {
			return err
		}
		signers = append(signers, p)
		if who.name == "lead" {
			s.leadPassword = word
		}
	}
	var a struct {
		ID      string
		Version int64
	}
	if err := signers[0].ask(ctx, http.MethodPost, "/api/v1/agreements", map[string]any{
		"organisation": station, "purpose": "火警与治安联动", "basis": "警社联动协议（演示）", "classes": []string{"fire.smoke", "fire.visual", "fire.gas", "fire.manual_button", "security.panic", "security.intrusion", "security.door_forced"},
		"places": []string{}, "fields": []string{"level", "certainty", "state", "first_seen_at", "confirmed_at", "place", "place_name"},
		"from": time.Now().Add(-time.Minute).UTC(), "to": time.Now().AddDate(1, 0, 0).UTC(),
	}, &a, once()...); err != nil {
		return err
	}
	for _, p := range signers {
		if err := p.ask(ctx, http.MethodPost, "/api/v1/agreements/"+a.ID+"/actions/sign", map[string]string{}, &a, knowing(a.Version)...); err != nil {
			return err
		}
	}
	return nil
}
