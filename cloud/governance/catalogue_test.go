package governance

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/shared/event"
)

// TestEveryEventKindIsAClass: a new kind in shared/event needs a row in
// catalogue.yml, of the same level.
func TestEveryEventKindIsAClass(t *testing.T) {
	c := Default()
	for _, k := range event.Kinds() {
		class, ok := c.Class(string(k))
		if !ok {
			t.Errorf("shared/event has kind %s, catalogue.yml has no such class: add it under classes", k)
		} else if class.Level != k.Level() {
			t.Errorf("%s has level %d in shared/event and %d in catalogue.yml", k, k.Level(), class.Level)
		}
	}
}

func TestTheNineDomainsAndX(t *testing.T) {
	c := Default()
	want := []string{"security", "urban", "compound", "governance", "fire", "emergency", "livelihood", "epidemic", "disputes"}
	count := map[string]int{}
	for _, class := range c.Classes() {
		count[class.Domain]++
	}
	extensions := 0
	for i, d := range c.Domains() {
		if d.Extension() {
			extensions++
		} else if d.Key != want[i] || d.Number != i+1 {
			t.Errorf("domain %d is %s", i+1, d.Key)
		}
		if count[d.Key] == 0 || !d.Extension() && count[d.Key] < 3 {
			t.Errorf("domain %s has %d classes", d.Key, count[d.Key])
		}
	}
	if len(c.Domains()) != 11 || extensions != 2 {
		t.Errorf("%d domains, %d of them extensions", len(c.Domains()), extensions)
	}
}

func TestEpidemicIsTasksAtPlacesAndDisputesAreRestricted(t *testing.T) {
	for _, class := range Default().Classes() {
		if class.Domain == "epidemic" && class.Profile != Orders {
			t.Errorf("%s is no task", class.Key)
		}
		if class.Domain == "disputes" && !class.Restricted {
			t.Errorf("%s can be read by everybody", class.Key)
		}
	}
}

// TestFaultyCataloguesSayWhy: each file begins with the lines that its faults must say.
func TestFaultyCataloguesSayWhy(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no bad files", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, fault := Parse(data)
		wants := 0
		for line := range strings.Lines(string(data)) {
			want, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "# want: ")
			if !ok {
				continue
			}
			wants++
			if fault == nil || !slices.Contains(strings.Split(fault.Error(), "\n"), want) {
				t.Errorf("%s: got\n%v\nwant the line\n%s", f, fault, want)
			}
		}
		if got := strings.Count(errors.Join(fault).Error(), "\n") + 1; got != wants {
			t.Errorf("%s: %d faults, want %d:\n%v", f, got, wants, fault)
		}
	}
}

// TestATenthDomainAndATaskByConfigurationAlone reads them from a file and uses them.
func TestATenthDomainAndATaskByConfigurationAlone(t *testing.T) {
	f, err := os.Open("testdata/tenth.yml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := Load(f)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := c.Domain("water")
	if d.Number != 10 || c.Domains()[9].Key != "water" {
		t.Errorf("the tenth domain is %+v, shown in place %s", d, c.Domains()[9].Key)
	}
	level, ok := c.Class("x.canal_level")
	if !ok || level.Domain != "water" || level.Limits[Arrive] != (Limit{Duration: 20 * time.Minute, Clock: Natural}) || level.Limits[Check].Duration != 24*time.Hour {
		t.Errorf("its class is %+v", level)
	}
	task, ok := c.Class("task.snow_shovelling")
	if !ok || task.Profile != Orders || task.Domain != "x.volunteer" || task.Limits[Resolve].WorkingDays != 1 {
		t.Errorf("the task is %+v", task)
	}
	code, err := level.Export("urban-management", "武威 2026", "wuwei", time.Date(2026, 3, 1, 0, 0, 0, 0, Shanghai))
	if err != nil || code.Code != "2107" {
		t.Errorf("exported as %+v, %v", code, err)
	}
	// One key of one class is overridden; all else of it stays.
	was, _ := Default().Class("parking.motor")
	is, _ := c.Class("parking.motor")
	if is.Limits[Resolve] != (Limit{Duration: time.Hour, Clock: Natural}) || is.Limits[Verify] != was.Limits[Verify] || is.ZH != was.ZH || is.Merge != was.Merge {
		t.Errorf("overridden to %+v", is)
	}
	if was.Limits[Resolve] == is.Limits[Resolve] {
		t.Error("reading a second file changed the embedded catalogue")
	}
}

func TestExportRefusesWithoutARow(t *testing.T) {
	c := Default()
	vendor, _ := c.Class("street.vendor")
	day := func(s string) time.Time { d, _ := Day(s).Start(); return d }
	const list = "urban-management"
	for _, x := range []struct {
		edition, locality, day, want string
	}{
		{"GB/T 30428.2-2013", "", "2025-06-01", "0501"},
		{"GB/T 30428.2-2013", "", "2026-06-30", "0501"},
		{"GB/T 30428.2-2013", "", "2026-07-01", ""}, // replaced
		{"GB/T 47678.5-2026", "", "2026-06-30", ""}, // not yet in force
		{"GB/T 47678.5-2026", "", "2026-07-01", "09006"},
		{"GB/T 47678.5-2026", "wuwei", "2026-07-01", ""}, // the national code is not the city's
		{"GB/T 99999", "", "2026-07-01", ""},
	} {
		code, err := vendor.Export(list, x.edition, x.locality, day(x.day))
		if code.Code != x.want || (x.want == "") != errors.Is(err, ErrNoCode) {
			t.Errorf("%+v: got %q, %v", x, code.Code, err)
		}
	}
	if _, err := vendor.Export("other", "GB/T 47678.5-2026", "", day("2026-07-01")); !errors.Is(err, ErrNoCode) {
		t.Error("another scheme got", err)
	}
	lane, _ := c.Class("fire.lane_blocked")
	if _, err := lane.Export(list, "GB/T 30428.2-2013", "", day("2025-06-01")); !errors.Is(err, ErrNoCode) {
		t.Error("a class that no list has got", err)
	}
}

// TestCodesRoundTrip: what is sent is understood as the same class.
func TestCodesRoundTrip(t *testing.T) {
	c := Default()
	for _, class := range c.Classes() {
		for _, code := range class.Codes {
			day := time.Date(2026, 7, 1, 0, 0, 0, 0, Shanghai)
			if code.ValidTo != "" {
				day = day.AddDate(0, 0, -1)
			}
			sent, err := class.Export(code.Scheme, code.Edition, code.Locality, day)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := c.Import(sent, day); err != nil || back.Key != class.Key {
				t.Errorf("%s is sent as %s and understood as %s, %v", class.Key, sent.Code, back.Key, err)
			}
		}
	}
	if _, err := c.Import(Code{Scheme: "urban-management", Edition: "GB/T 30428.2-2013", Kind: "matter", Code: "0502"}, time.Now()); !errors.Is(err, ErrNoCode) {
		t.Error("an unknown code got", err)
	}
}

// TestPeopleAreRefused: neither the first word of a key nor any word of its names may
// tell of people, and no configuration lifts that.
func TestPeopleAreRefused(t *testing.T) {
	for _, x := range []struct{ key, zh, en string }{
		{"face.match", "比对", "Match"},
		{"person.tracking", "跟随", "Trail"},
		{"plate.read", "读取", "Read"},
		{"security.face_match", "比对", "Match"},
		{"security.match", "人脸比对", "Match"},
		{"security.match", "比对", "Facial recognition"},
		{"parking.lpr", "抓拍", "Capture"},
		{"parking.capture", "车牌抓拍", "Capture"},
		{"security.linger", "人员徘徊", "Lingering"},
		{"x.key_persons", "管控", "Control"},
		{"x.control", "重点人员管控", "Control"},
		{"report.tenants", "登记", "Register"},
		{"street.beggar", "街面", "Street"},
		{"task.quarantine", "任务", "Task"},
	} {
		text := "classes: {" + x.key + ": {zh: " + x.zh + ", en: " + x.en + ", domain: security, level: 3, cap: Security}}"
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "classes."+x.key+": ") {
			t.Errorf("%+v got %v", x, err)
		}
	}
	if err := refusal("security.door_forced", "强行开门", "Door forced"); err != nil {
		t.Error("a door is refused:", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("classes: {env.smell: {zh: 异味, en: Smell, domain: urban, level: 4, cap: Env, limits: {resolve: 4h working}}}"))
	f.Fuzz(func(_ *testing.T, data []byte) { Parse(data) })
}
