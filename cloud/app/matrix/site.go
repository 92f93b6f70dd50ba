package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/app"
	"eastgate/cloud/config"
	"eastgate/cloud/organisation"
)

// A site is a cloud with an account for each role.
type site struct {
	cloud     *app.Cloud
	base      string
	visits    byte // so far; each is from an address of its own
	passwords map[access.Role]string
	stop      context.CancelFunc
	ended     chan error
}

func open(ctx context.Context, dir string) (*site, error) {
	f := config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://eastgate.example", Store: "sqlite:" + filepath.Join(dir, "cloud.db"), EvidenceDir: filepath.Join(dir, "evidence"),
		EvidenceBytes: 1 << 30, Broker: config.Broker{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")}, Authority: config.Authority{Dir: filepath.Join(dir, "authority")},
	}
	cloud, err := app.New(ctx, f, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &site{cloud: cloud, base: "http://" + cloud.Addr(), passwords: map[access.Role]string{}, stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- cloud.Run(running) }()
	if err := s.settle(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *site) close() error {
	s.stop()
	return errors.Join(<-s.ended, s.cloud.Close())
}

// units are the organisations that may have roles which the community's people may not.
var units = map[access.Role]access.Party{access.Reporter: access.Owners, access.PoliceBridge: access.Police}

func (s *site) settle(ctx context.Context) error {
	for _, party := range units {
		o := organisation.Organisation{ID: string(party), Party: party, ZH: string(party), EN: string(party), Places: []string{"dongguan"}, Since: time.Now()}
		if err := s.cloud.Store().PutOrganisation(ctx, o); err != nil {
			return err
		}
	}
	for _, role := range access.Roles {
		a := access.Account{Name: string(role), Person: "One " + string(role), Unit: access.CommunityUnit, Password: access.NewPassword()}
		scope := ""
		if party, ok := units[role]; ok {
			a.Unit, scope = string(party), "unit:"+string(party)
		}
		s.passwords[role] = a.Password
		if err := s.cloud.People().Welcome(ctx, access.CommandLine("matrix"), a, []access.Role{role}, scope); err != nil {
			return fmt.Errorf("%s: %w", role, err)
		}
	}
	return nil
}

// visitor logs a role in, if people of its unit do.
func (s *site) visitor(ctx context.Context, role access.Role, shown bool) (*visitor, error) {
	s.visits++ // or what bounds one address bounds them all
	dial := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, s.visits)}}
	v := &visitor{site: s, role: role, shown: shown, client: &http.Client{
		Transport: &http.Transport{DialContext: dial.DialContext}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if role == Nobody {
		return v, nil
	}
	u, _, err := s.cloud.Store().Person(ctx, string(role))
	if err != nil {
		return nil, err
	}
	if standing, _ := u.Party.Standing(); !standing.Console {
		return v, nil
	}
	v.user = &u
	return v, v.login(ctx)
}
