// Package apptest is a small community for tests: a whole cloud with places,
// organisations and one person for each role.
package apptest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/app"
	"eastgate/cloud/config"
	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/organisation"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

// Password is everybody's.
const Password = "correct-horse"

// Places of the community; the camera courtyard hangs at a house.
const places = `code,parent,kind,zh,en,lat,lon,datum,org,device
dongguan,,community,东关社区,Dongguan,22.53,113.99,WGS-84,,
c3,dongguan,compound,三号院,Compound 3,22.5301,113.9901,WGS-84,property,
b07,c3,building,三号院7栋,House 7,22.5302,113.9902,WGS-84,,
yard,c3,spot,三号院院子,Bins behind house 3,22.5303,113.9903,WGS-84,,
c4,dongguan,compound,四号院,Compound 4,22.54,113.98,WGS-84,,
s012,dongguan,street,东街,East Street,22.5304,113.9904,WGS-84,,
shop41,s012,shop,东街41号,Shop 41,22.5305,113.9905,WGS-84,,
cam1,yard,camera,院子摄像机,Courtyard camera,,,,,/garden/gate-1/courtyard
`

// People of the community: each has one role, and belongs to a unit. Handler and
// reporter are of other organisations. Any other name is a guard as the command line
// makes one, unless a test has made an account of that name itself.
var People = map[string]struct {
	Role  access.Role
	Unit  string
	Scope string
}{
	"reporter": {access.Reporter, "owners", "dongguan/c3"}, "grid": {access.GridWorker, access.CommunityUnit, ""}, "watch": {access.Guard, access.CommunityUnit, ""},
	"duty": {access.DutyOfficer, access.CommunityUnit, ""}, "dispatch": {access.Dispatcher, access.CommunityUnit, ""}, "handler": {access.Handler, "property", "dongguan/c3"},
	"lead": {access.CentreLead, access.CommunityUnit, ""}, "check": {access.Checker, access.CommunityUnit, ""}, "super": {access.Supervisor, access.CommunityUnit, ""},
	"sysadmin": {access.SystemAdmin, access.CommunityUnit, ""}, "secadmin": {access.SecurityAdmin, access.CommunityUnit, ""}, "auditor": {access.AuditAdmin, access.CommunityUnit, ""},
}

// A Site is a community.
type Site struct {
	*httptest.Server
	*app.Cloud
	File   config.File
	folder *evidence.Folder
	stop   func() error // ends it, once
	let    map[string]bool
}

// Start builds a community, which ends with the test.
func Start(t testing.TB) *Site {
	t.Helper()
	return Open(t, file(t))
}

// StartAt builds a community that browsers reach at an address.
func StartAt(t testing.TB, public string) *Site {
	t.Helper()
	return StartWith(t, func(f *config.File) { f.PublicURL = public })
}

// StartWith builds a community whose configuration is changed before.
func StartWith(t testing.TB, change func(*config.File)) *Site {
	t.Helper()
	f := file(t)
	change(&f)
	return Open(t, f)
}

// StartPlain builds a community whose boxes come in with secrets, through its own server.
func StartPlain(t testing.TB) *Site {
	t.Helper()
	f := file(t)
	f.Boxes = config.Boxes{Secrets: config.Loopback}
	return Open(t, f)
}

func file(t testing.TB) config.File {
	t.Helper()
	dir := t.TempDir()
	return config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Store: storetest.Address(t), EvidenceDir: filepath.Join(dir, "evidence"),
		EvidenceBytes: 1 << 30, Broker: config.Broker{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")},
		Boxes: config.Boxes{Listen: "127.0.0.1:0"}, Authority: config.Authority{Dir: filepath.Join(dir, "authority")},
	}
}

// Open builds a community from a configuration.
func Open(t testing.TB, f config.File) *Site {
	t.Helper()
	s := Bare(t, f)
	s.settle(t)
	return s
}

// Bare builds a cloud with nothing and nobody in it.
func Bare(t testing.TB, f config.File) *Site {
	t.Helper()
	cloud, err := app.New(t.Context(), f, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{Cloud: cloud, File: f, let: map[string]bool{}}
	if s.folder, err = evidence.Open(f.EvidenceDir, f.EvidenceBytes); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- cloud.Run(ctx) }()
	s.Server = httptest.NewServer(cloud.Handler())
	s.stop = sync.OnceValue(func() error {
		s.CloseClientConnections()
		s.Server.Close()
		stop()
		return errors.Join(<-done, cloud.Close())
	})
	t.Cleanup(func() { s.end(t) })
	return s
}

// FoundingCode is what the terminal of an empty cloud shows.
func (s *Site) FoundingCode(t testing.TB) string {
	t.Helper()
	seed, err := s.Store().Secret(t.Context(), "founding")
	if err != nil {
		t.Fatal(err)
	}
	return access.NewFounding(s.Cloud.People(), seed).Code()
}

func (s *Site) end(t testing.TB) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func (s *Site) settle(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Places().Import(ctx, strings.NewReader(places), false)
	must(err)
	for _, o := range []organisation.Organisation{
		{ID: "property", Party: access.Property, ZH: "花园物业", EN: "Garden Property", Places: []string{"dongguan/c3"}, Since: time.Now()},
		{ID: "owners", Party: access.Owners, ZH: "三号院业委会", EN: "Owners of compound 3", Places: []string{"dongguan/c3"}, Since: time.Now()},
	} {
		must(s.Store().PutOrganisation(ctx, o))
	}
	must(s.Store().AddBox(ctx, "garden", "gate-1", "secret"))
}

// Let lets people in, by name. It is for those who come in through the login page;
// each costs a slow hash.
func (s *Site) Let(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if s.let[name] {
			continue
		}
		s.let[name] = true
		p, ok := People[name]
		err := error(nil)
		if ok {
			a := access.Account{Name: name, Person: "Mr " + name, Unit: p.Unit, Password: Password}
			err = s.Cloud.People().Welcome(t.Context(), access.CommandLine("setup"), a, []access.Role{p.Role}, p.Scope)
		} else {
			err = s.Cloud.People().Add(t.Context(), name, access.Guard, Password)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Picture keeps a small picture and returns its hash.
func (s *Site) Picture(t testing.TB) string {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewYCbCr(image.Rect(0, 0, 64, 36), image.YCbCrSubsampleRatio420), nil); err != nil {
		t.Fatal(err)
	}
	return s.Keep(t, picture.Bytes())
}

// Keep keeps a file as a box sends it, and returns its hash.
func (s *Site) Keep(t testing.TB, file []byte) string {
	t.Helper()
	h := sha256.Sum256(file)
	sum := hex.EncodeToString(h[:])
	if err := s.folder.Put(t.Context(), sum, bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	return sum
}

// Event is what a camera tells, with a picture that is there.
func (s *Site) Event(t testing.TB, kind event.Kind, camera string, state event.State) event.Event {
	t.Helper()
	id, now := event.NewID(), time.Now().UTC()
	return event.Event{
		ID: id, Episode: id, Source: event.NewSource("garden", "gate-1", camera), Kind: kind, State: state, Time: now, Since: now,
		Certainty: "Likely", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Actual", Score: 0.9,
		Box: &event.Box{0.2, 0.2, 0.3, 0.3}, Detector: event.Detector{Name: "test", Version: "1"},
		Evidence: []event.Evidence{{SHA256: s.Picture(t), Type: "image/jpeg", Bytes: 1, From: now, To: now, Masks: "v4/9f86d081884c7d65"}},
	}
}

// Happen stores an event of a camera, as the ingest does, and waits for its
// incident.
func (s *Site) Happen(t testing.TB, kind event.Kind, camera string, state event.State) incident.Incident {
	t.Helper()
	return s.Tell(t, s.Event(t, kind, camera, state))
}

// Tell stores an event, as the ingest does, and waits for its incident.
func (s *Site) Tell(t testing.TB, e event.Event) incident.Incident {
	t.Helper()
	after, err := s.Incidents().Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store().RecordOwn(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	s.Incidents().Wake()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		changes, err := s.Incidents().Changes(t.Context(), after, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes { // an open desk takes steps of its own meanwhile
			after = c.Position
			if bytes.Contains(c.Step.Detail, []byte(e.ID)) {
				return c.Incident
			}
		}
	}
	t.Fatal("the event became no incident")
	return incident.Incident{}
}

// Again ends a community's cloud and starts another one on what it left.
func Again(t testing.TB, s *Site) *Site {
	t.Helper()
	s.end(t)
	return Open(t, s.File)
}
