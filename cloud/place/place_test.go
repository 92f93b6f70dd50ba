package place_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/place"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// TestGCJ02 uses points that several libraries publish for this formula.
func TestGCJ02(t *testing.T) {
	for _, p := range []struct {
		name                 string
		lat, lon, gLat, gLon float64
	}{
		{"Shanghai", 31.1774276, 121.5272106, 31.17530398364597, 121.531541859215},
		{"Shenzhen", 22.543847, 113.912316, 22.540796131694766, 113.9171764808363},
		{"Beijing", 39.911954, 116.377817, 39.91334545536069, 116.38404722455657},
		{"London", 51.5, -0.12, 51.5, -0.12}, // not shifted
	} {
		if lat, lon := place.ToGCJ02(p.lat, p.lon); math.Abs(lat-p.gLat) > 1e-9 || math.Abs(lon-p.gLon) > 1e-9 {
			t.Errorf("%s is shown at %v %v, want %v %v", p.name, lat, lon, p.gLat, p.gLon)
		}
		if p.name == "London" {
			continue
		}
		if lat, lon := place.ToWGS84(place.GCJ02, p.gLat, p.gLon); math.Abs(lat-p.lat) > 1e-7 || math.Abs(lon-p.lon) > 1e-7 {
			t.Errorf("%s comes back at %v %v, want %v %v", p.name, lat, lon, p.lat, p.lon)
		}
	}
	for lat := 20.0; lat < 50; lat += 0.73 {
		for lon := 75.0; lon < 130; lon += 0.91 {
			gLat, gLon := place.ToGCJ02(lat, lon)
			if moved := math.Hypot(gLat-lat, gLon-lon) * 111_320; moved < 10 || moved > 1000 {
				t.Fatalf("%v %v is shifted by %.0f m", lat, lon, moved)
			}
			if wLat, wLon := place.ToWGS84(place.GCJ02, gLat, gLon); math.Abs(wLat-lat) > 1e-7 || math.Abs(wLon-lon) > 1e-7 {
				t.Fatalf("%v %v comes back at %v %v", lat, lon, wLat, wLon)
			}
		}
	}
}

func TestTheDemoSiteHasTheRealNumbers(t *testing.T) {
	rows := place.Demo()
	plan, err := place.MakePlan(nil, rows)
	if err != nil {
		t.Fatal(err)
	}
	count, homes := map[place.Kind]int{}, map[place.Kind]int{}
	zh, points := map[string]string{}, map[[2]float64]bool{}
	for _, p := range plan.Added {
		count[p.Kind]++
		if p.Households != nil {
			homes[p.Kind] += *p.Households
		}
		if p.Kind == place.Shop || p.Kind == place.Business || p.Kind == place.Compound {
			if other := zh[p.ZH]; other != "" {
				t.Errorf("%s and %s are both called %s", p.Code, other, p.ZH)
			}
			zh[p.ZH] = p.Code
		}
		if !p.Kind.IsDevice() && p.Kind != place.Business {
			points[[2]float64{*p.Lat, *p.Lon}] = true
		}
	}
	want := map[place.Kind]int{
		place.Community: 1, place.Compound: 7, place.Building: 82, place.Shop: 137, place.Business: 287 - 137,
		place.Institution: 8, place.Park: 1, place.Camera: 144,
	}
	for k, n := range want {
		if count[k] != n {
			t.Errorf("%d of %s, want %d", count[k], k, n)
		}
	}
	for _, k := range []place.Kind{place.Community, place.Compound, place.Building} {
		if homes[k] != 4377 {
			t.Errorf("%d homes by %s", homes[k], k)
		}
	}
	if !reflect.DeepEqual(rows, place.Demo()) {
		t.Error("another time it is another site")
	}
}

func TestAListIsWrittenAsItIsRead(t *testing.T) {
	plan, err := place.MakePlan(nil, place.Demo())
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	if err := place.Write(&list, plan.Added); err != nil {
		t.Fatal(err)
	}
	rows, err := place.Read(&list)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := place.MakePlan(plan.Added, rows); err != nil || !again.Empty() || again.Same != len(plan.Added) {
		t.Errorf("%d added, %d changed, %d the same, %v", len(again.Added), len(again.Changed), again.Same, err)
	}
}

func TestEveryKindStandsInLargerOnes(t *testing.T) {
	for i, k := range place.Kinds {
		for j, outer := range place.Kinds {
			rows := []place.Row{
				{Line: 2, Place: place.Place{Code: "outer", Kind: outer}},
				{Line: 3, Parent: "outer", Place: place.Place{Code: "inner", Kind: k}},
			}
			_, err := place.MakePlan(nil, rows)
			if ok := err == nil || !strings.Contains(err.Error(), "line 3"); ok && j >= i {
				t.Errorf("a %s stands in a %s", k, outer)
			}
		}
	}
}

const head = "code,parent,kind,zh,en,lat,lon,datum,device,households\n"

func TestFaultyListsSayEveryFaultWithItsLine(t *testing.T) {
	_, err := place.Read(strings.NewReader(head +
		"Yard,c1,compound,院,Yard,,,,,\n" +
		"c2,top,castle,堡,Castle,,,,,\n" +
		"c3,top,compound,,C,,,,,\n" +
		"c4,top,compound,区,C,95,102,WGS-84,,\n" +
		"c5,top,compound,区,C,37,x,WGS-84,,\n" +
		"c6,top,compound,区,C,37,102,,,\n" +
		"c7,top,compound,区,C,-33,102,GCJ-02,,\n" +
		"c8,top,compound,区,C,,,,/c8/box/cam,\n" +
		"m1,c1,camera,像,Cam,,,,cam,\n" +
		"s1,c1,shop,店,Shop,,,,,3\n" +
		"c9,top,compound,区,C,,,,,many\n" +
		"a,b,c,d,e,f,g,h,i,j,k\n"))
	wants := []string{
		`line 2: code: "Yard" is no name of`,
		`line 3: kind: "castle" is none of`,
		"line 4: zh: a name of 1 to 100 characters is needed",
		`line 5: lat: "95" is not degrees`,
		`line 6: lon: "x" is not degrees`,
		`line 7: datum: "" is none of`,
		"line 8: lat: GCJ-02 is used in China only",
		"line 9: device: a compound is no camera, sensor or box",
		`line 10: device: "cam" is not /site/box/device`,
		"line 11: households: homes are counted by",
		`line 12: households: "many" is no whole number`,
		"line 13: has 11 fields, there are 10 columns",
	}
	lines := strings.Split(errors.Join(err).Error(), "\n")
	for i, want := range wants {
		if i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Errorf("want %s in\n%v", want, err)
		}
	}
	if len(lines) != len(wants) {
		t.Errorf("%d faults, want %d", len(lines), len(wants))
	}
	for text, want := range map[string]string{
		"":                              "line of column names",
		"code,kind,zh,colour,zh\n":      `"colour" is no column`,
		"code,kind,zh\n":                "column en is missing",
		head + "c1,\"top":               "line 2",
		head + string([]byte{'c', 255}): "not UTF-8",
	} {
		if _, err := place.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestListsThatDoNotFitTogether(t *testing.T) {
	read := func(text string) []place.Row {
		rows, err := place.Read(strings.NewReader("code,parent,kind,zh,en,device\n" + text))
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	there, err := place.MakePlan(nil, read("top,,community,社,Top,\nc1,top,compound,区,C,\nb1,c1,building,楼,B,\nk1,b1,camera,像,K,/a/b/c\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = place.MakePlan(there.Added, read(
		"x,nowhere,compound,区,X,\n"+
			"y,,building,楼,Y,\n"+
			"z,b1,compound,区,Z,\n"+
			"w,c1,camera,像,W,/a/b/c\n"+
			"w,c1,camera,像,W,\n"+
			"v,top,community,社,V,\n"+
			"c1,top,park,园,P,\n"))
	for _, want := range []string{
		`line 2: parent: no place has the code "nowhere"`,
		"line 3: parent: a building stands in one of",
		"line 4: parent: a compound cannot stand in a building",
		"line 5: device: /a/b/c is that of k1",
		`line 6: code: "w" is there already, on line 5`,
		"line 7: parent: a community stands in nothing",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s in\n%v", want, err)
		}
	}
	// What is there already must fit what its parent becomes.
	if _, err := place.MakePlan(there.Added, read("b1,top,institution,校,School,\nc1,top,street,路,Road,\n")); err != nil {
		t.Error(err)
	}
	if _, err := place.MakePlan(there.Added, read("c1,top,camera,像,K,\n")); err == nil || !strings.Contains(err.Error(), "line 2: kind: b1, a building, stands in c1") {
		t.Error(err)
	}
}

func open(t *testing.T, s *store.Store) *place.Directory {
	t.Helper()
	d, err := place.Open(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func demoList(t testing.TB) string {
	t.Helper()
	plan, err := place.MakePlan(nil, place.Demo())
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	if err := place.Write(&list, plan.Added); err != nil {
		t.Fatal(err)
	}
	return list.String()
}

// TestImport: a dry run changes nothing, a second run changes nothing more, and a
// list with one fault changes nothing at all.
func TestImport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d, list := open(t, s), demoList(t)
		plan, err := d.Import(t.Context(), strings.NewReader(list), true)
		if err != nil || len(plan.Added) != len(place.Demo()) || len(d.Under("")) != 0 {
			t.Fatal("dry:", len(plan.Added), len(d.Under("")), err)
		}
		if _, err := d.Import(t.Context(), strings.NewReader(list+"bad,nowhere,shop,店,Shop,,,,,,\n"), false); err == nil || len(d.Under("")) != 0 {
			t.Fatal("with a fault:", len(d.Under("")), err)
		}
		if _, err := d.Import(t.Context(), strings.NewReader(list), false); err != nil {
			t.Fatal(err)
		}
		if plan, err = d.Import(t.Context(), strings.NewReader(list), false); err != nil || !plan.Empty() || plan.Same != len(place.Demo()) {
			t.Fatal("again:", len(plan.Added), len(plan.Changed), plan.Same, err)
		}
		// What is stored is what was read.
		other := open(t, s)
		if !reflect.DeepEqual(other.Under(""), d.Under("")) || len(other.Under("")) != len(place.Demo()) {
			t.Error("another reader sees other places")
		}
		// A compound that becomes part of the park takes its buildings along.
		plan, err = d.Import(t.Context(), strings.NewReader("code,parent,kind,zh,en\nb01,park,building,花房,Glass house\n"), false)
		if err != nil || len(plan.Changed) < 2 {
			t.Fatal(plan, err)
		}
		if p, _ := d.Coded("m001"); p.Path != "dongguan/park/b01/m001" {
			t.Error("what is in it is at", p.Path)
		}
	})
}

func TestResolve(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	d := open(t, s)
	camera := event.NewSource("s012", "box", "cam")
	if f := d.Resolve(camera); f.Path != "unlisted/s012/box/cam" || f.Device != "" {
		t.Errorf("in no list: %+v", f)
	}
	if _, err := d.Import(t.Context(), strings.NewReader(demoList(t)), false); err != nil {
		t.Fatal(err)
	}
	if f := d.Resolve(camera); f.Path != "dongguan/st1/s012" || f.Unit != "s012" || f.Device != place.Camera || f.ZH == "" {
		t.Errorf("a shop's camera hangs at %+v", f)
	}
	if f := d.Resolve(event.NewSource("c3", "box", "smoke")); f.Path != "dongguan/c3/c3-shed" || f.Unit != "property3" || f.Device != place.Sensor {
		t.Errorf("a shed's sensor hangs at %+v", f)
	}
	if f := d.Resolve(event.NewSource("c3", "box", "")); f.Path != "dongguan/c3" || f.Device != place.Box {
		t.Errorf("a box is at %+v", f)
	}
	if f := d.Resolve(event.NewSource("c3", "box", "new")); f.Path != "unlisted/c3/box/new" {
		t.Errorf("a camera that nobody listed is at %+v", f)
	}
	if got := d.Named("听松里"); len(got) != 1 || got[0].Path != "dongguan/c2" {
		t.Error("by name:", got)
	}
	if f, ok := d.Find("dongguan/c2/b10"); !ok || f.Unit != "property2" || f.Name != "听松里 1号楼" {
		t.Errorf("by path: %+v, %v", f, ok)
	}
	if f, _ := d.Find("dongguan"); f.Name != "东关花园社区" {
		t.Errorf("the community: %+v", f)
	}
	if in := d.Under("dongguan/c2"); len(in) < 16 || slices.ContainsFunc(in, func(p place.Place) bool { return !place.Within(p.Path, "dongguan/c2") }) {
		t.Error("under a compound:", len(in))
	}
}

// TestAChangeElsewhereIsSeen: another program's import reaches a directory that runs.
func TestAChangeElsewhereIsSeen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d, other := open(t, s), open(t, s)
		go d.Run(t.Context())
		if _, err := other.Import(t.Context(), strings.NewReader(demoList(t)), false); err != nil {
			t.Fatal(err)
		}
		camera := event.NewSource("c1", "box", "cam")
		for end := time.Now().Add(30 * time.Second); d.Resolve(camera).Device == ""; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not seen")
			}
		}
	})
}

// TestTwoImportsAtOnce: who comes second on what has changed is refused.
func TestTwoImportsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.SavePlaces(t.Context(), 0, []place.Place{{Code: "a", Path: "a", Kind: place.Community}}); err != nil {
			t.Fatal(err)
		}
		if err := s.SavePlaces(t.Context(), 0, []place.Place{{Code: "b", Path: "b", Kind: place.Community}}); !errors.Is(err, place.ErrConflict) {
			t.Error(err)
		}
		if all, version, err := s.Places(t.Context()); len(all) != 1 || version != 1 || err != nil {
			t.Error(all, version, err)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(head + "c1,top,compound,区,C,37.9,102.6,GCJ-02,,3\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if rows, err := place.Read(strings.NewReader(text)); err == nil {
			place.MakePlan(nil, rows)
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b))
	d, err := place.Open(b.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := d.Import(b.Context(), strings.NewReader(demoList(b)), false); err != nil {
		b.Fatal(err)
	}
	camera := event.NewSource("s012", "box", "cam")
	b.ReportAllocs()
	for b.Loop() {
		if d.Resolve(camera).Device == "" {
			b.Fatal("not found")
		}
	}
}

// TestAListHasFewColumns: a line of a million names is one fault, not a million.
func TestAListHasFewColumns(t *testing.T) {
	_, err := place.Read(strings.NewReader(strings.Repeat("code,", 1_000_000)))
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("%.400v", err)
	}
}
