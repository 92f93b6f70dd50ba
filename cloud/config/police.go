package config

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Police is the bridge to a police platform (cloud/police). Without broker there is
// none.
type Police struct {
	Broker string `yaml:"broker"`  // mqtts:// of their broker; mqtt:// only on this machine
	CAFile string `yaml:"ca_file"` // who signed their certificate, PEM
	Cert   string `yaml:"cert"`    // ours, PEM; its subject is our client id
	Key    string `yaml:"key"`
	// District and Community are parts of the topics, as agreed.
	District  string `yaml:"district"`
	Community string `yaml:"community"`
	// Organisation is the station whose agreement says what it is told.
	Organisation string         `yaml:"organisation"`
	Contact      PoliceContact  `yaml:"contact"`
	Evidence     PoliceEvidence `yaml:"evidence"`
}

// PoliceContact is whom they call back: a role and a switchboard, nobody by name.
type PoliceContact struct {
	Role  string `yaml:"role"`
	Phone string `yaml:"phone"`
}

// PoliceEvidence is the door for one-time links to pictures. Without listen there
// are no links.
type PoliceEvidence struct {
	Listen    string        `yaml:"listen"`
	PublicURL string        `yaml:"public_url"` // as they reach it
	Cert      string        `yaml:"cert"`
	Key       string        `yaml:"key"`
	ClientCA  string        `yaml:"client_ca"` // who signed theirs
	TTL       time.Duration `yaml:"ttl"`       // 15m without
}

// On reports whether there is a bridge.
func (p Police) On() bool { return p.Broker != "" }

func (p Police) validate() []error {
	if !p.On() {
		if p != (Police{}) {
			return []error{errors.New("police.broker: is needed for the rest of police")}
		}
		return nil
	}
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf("police."+format, a...)) }
	if list, err := wire.Brokers(p.Broker); err != nil {
		bad("broker: %w", err)
	} else {
		for _, address := range list {
			if strings.HasPrefix(address, "mqtts:") && (p.CAFile == "" || p.Cert == "" || p.Key == "") {
				bad("ca_file, cert and key are needed: both sides show a certificate")
				break
			}
		}
	}
	for name, word := range map[string]string{"district": p.District, "community": p.Community, "organisation": p.Organisation} {
		if !event.ValidName(word) {
			bad("%s: %.40q is not a name of %s", name, word, event.NameRule)
		}
	}
	if p.Contact.Role == "" || len(p.Contact.Phone) < 3 || strings.Trim(p.Contact.Phone, "0123456789+- ") != "" {
		bad("contact: role and phone (digits, of a switchboard) are needed")
	}
	if e := p.Evidence; e.Listen != "" {
		if _, _, err := net.SplitHostPort(e.Listen); err != nil {
			bad("evidence.listen: %q is not host:port", e.Listen)
		}
		if !strings.HasPrefix(e.PublicURL, "https://") {
			bad("evidence.public_url: %q does not begin with https://", e.PublicURL)
		}
		if e.Cert == "" || e.Key == "" || e.ClientCA == "" {
			bad("evidence: cert, key and client_ca are needed")
		}
		if e.TTL < 0 || e.TTL > 24*time.Hour {
			bad("evidence.ttl: %s is not 0 to 24h", e.TTL)
		}
	}
	return faults
}
