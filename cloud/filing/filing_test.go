package filing_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/export"
	"eastgate/cloud/filing"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/retention"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

const list = `code,parent,kind,zh,en,lat,lon,datum,org,device
dongguan,,community,东关社区,Dongguan,22.53,113.99,WGS-84,community,
yard,dongguan,spot,院子,Yard,22.5303,113.9903,WGS-84,,
cam1,yard,camera,院子摄像机,Yard camera,,,,,/garden/gate/yard
cam2,yard,camera,未接入摄像机,Camera without a box,,,,,/bank/gate/hall
`

// heard are the cameras that boxes tell of; the shed's hangs in no list.
func heard(context.Context) (map[event.Source]int64, error) {
	return map[event.Source]int64{"/garden/gate/yard": 4, "/garden/gate/shed": 0}, nil
}

func open(t *testing.T, s *store.Store) (*filing.Book, *place.Directory) {
	t.Helper()
	d, err := place.Open(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import(t.Context(), strings.NewReader(list), false); err != nil {
		t.Fatal(err)
	}
	return &filing.Book{
		Store: s, Places: d, Cameras: heard, Policy: retention.Policy{Rule: retention.Rule{MinDays: 30, MaxDays: 60}, Sites: map[string]retention.Rule{"bank": {MinDays: 90, MaxDays: 100}}},
		Register: register.New(s, register.NewMetrics(prometheus.NewRegistry())), Now: time.Now,
	}, d
}

// say tells rows in words.
func say(t *testing.T, b *filing.Book) map[event.Source]string {
	t.Helper()
	rows, err := b.Rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[event.Source]string{}
	for _, r := range rows {
		out[r.Camera] = strings.Join(r.Lacks, " ")
		if r.Changed {
			out[r.Camera] += "; changed"
		}
	}
	return out
}

// TestEveryCameraIsThere with what lacks of it, and what changed since it was filed.
func TestEveryCameraIsThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b, d := open(t, s)
		admin := access.User{Name: "sys", Grants: []access.Grant{{Role: access.SystemAdmin}}}
		put := func(r filing.Record) {
			t.Helper()
			if err := b.Put(t.Context(), admin, r, "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(what, want string) {
			t.Helper()
			if got := say(t, b)["/garden/gate/yard"]; got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		if got := say(t, b); len(got) != 3 || got["/bank/gate/hall"] != "angle sign basis filed" || got["/garden/gate/shed"] != "place unit angle sign basis filed" {
			t.Errorf("%q", got)
		}
		r := filing.Record{Camera: "/garden/gate/yard", Angle: "3.5 m, to the gate", Sign: "beside the gate", Basis: "art. 9"}
		put(r)
		expect("not filed", "filed")
		r.Filed, r.Number = "2026-10-01", "7"
		put(r)
		expect("filed", "")
		r.Angle = "3.5 m, to the street"
		put(r)
		expect("turned", "; changed")
		r.Filed = "2026-11-25"
		put(r)
		expect("filed anew", "")
		if _, err := d.Import(t.Context(), strings.NewReader(strings.Replace(list, "院子,", "后院,", 1)), false); err != nil {
			t.Fatal(err)
		}
		expect("its place has another name", "; changed")
		b.Policy.MaxDays = 90
		r.Number = "8"
		put(r)
		b.Policy.MaxDays = 31
		expect("its pictures are kept for another time", "; changed")
		rows, err := s.Register(t.Context(), register.Query{Object: "filing/garden/gate/yard", Limit: 10})
		if err != nil || len(rows) != 5 || rows[0].Who != "sys" {
			t.Errorf("%d rows of the register, %v", len(rows), err)
		}
	})
}

// TestAnExportIsFilledInAndReadAgain, whatever was written into it.
func TestAnExportIsFilledInAndReadAgain(t *testing.T) {
	b, _ := open(t, storetest.Open(t, storetest.SQLite(t)))
	if err := b.Put(t.Context(), access.User{Name: "sys"}, filing.Record{Camera: "/garden/gate/yard", Angle: `=cmd|"x", 3 m`, Sign: "门口, 东", Filed: "2026-10-01"}, ""); err != nil {
		t.Fatal(err)
	}
	rows, err := b.Rows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []export.Format{export.CSV, export.Excel} {
		var file bytes.Buffer
		if err := export.Write(t.Context(), &file, format, export.Table{Name: "filing", Titles: filing.Titles}, filing.Cells(rows)); err != nil {
			t.Fatal(err)
		}
		back, err := filing.Read(&file)
		at := slices.IndexFunc(back, func(r filing.Record) bool { return r.Camera == "/garden/gate/yard" })
		if err != nil || len(back) != len(rows) || at < 0 || back[at].Angle != `=cmd|"x", 3 m` || back[at].Sign != "门口, 东" || back[at].Filed != "2026-10-01" {
			t.Errorf("%s: %+v, %v", format, back, err)
		}
	}
	var book bytes.Buffer
	if err := export.Write(t.Context(), &book, export.XLSX, export.Table{Name: "filing", Titles: filing.Titles}, filing.Cells(rows)); err != nil || !bytes.HasPrefix(book.Bytes(), []byte("PK")) {
		t.Errorf("the workbook: %d bytes, %v", book.Len(), err)
	}
}

func TestAListWithAFaultSaysWhere(t *testing.T) {
	const head = "site,box,camera,angle,sign,basis,filed,number\n"
	for text, want := range map[string]string{
		"":                                  "line of column names",
		"site,box\n":                        "column camera is missing",
		head + "a,b,,x,,,,\n":               "line 2",
		head + "a,b,c,x,,,yesterday,\n":     "no day as",
		head + "a,b,c,x,,,,\na,b,c,y,,,,\n": "line 3: what is filed of a camera is not as it should be: camera /a/b/c stands there twice",
		head + "a,b,c," + strings.Repeat("x", 400) + ",,,,\n": "angle: want one line",
		head + "a,b,c\n": "wrong number of fields",
		head + strings.Repeat("a,b,c,x,,,,\n", 3000): "more than 2000 lines",
	} {
		if _, err := filing.Read(strings.NewReader(text)); !errors.Is(err, filing.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}
