package console_test

import (
	"strings"
	"testing"
	"time"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/coverage"
	"eastgate/cloud/store"
	"eastgate/shared/wire"
)

func TestCoverageIsShown(t *testing.T) {
	s := apptest.Start(t)
	now := time.Now()
	today := now.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format(time.DateOnly)
	at := now.UnixMilli()
	day := wire.CoverageDay{
		Epoch: wire.NewEpoch(), Device: "courtyard", Day: today, Timezone: "Asia/Shanghai", Version: 1, Through: at, Due: 1000_000, Seen: 900_000,
		Blind: map[string]int64{wire.Hidden: 100_000}, Gaps: []wire.CoverageGap{{From: at - 100_000, To: at, Cause: wire.Hidden}},
	}
	db, err := store.Open(t.Context(), s.File.Store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.KeepCoverage(t.Context(), "garden", "gate-1", []wire.CoverageDay{day}); err != nil {
		t.Fatal(err)
	}
	v := s.As(t, "duty")
	var r coverage.Report
	if code := v.Do(t, "GET", "/api/v1/coverage?site=garden&from="+today+"&to="+today, nil).Into(t, &r); code != 200 {
		t.Fatal(code)
	}
	if len(r.Devices) != 1 || r.Devices[0].Share == nil || *r.Devices[0].Share != 0.9 || len(r.Open) != 1 || r.Open[0].Cause != wire.Hidden {
		t.Errorf("%+v", r)
	}
	if code := v.Do(t, "GET", "/api/v1/coverage?from=2026-11-25&to=2026-11-24", nil).Status; code < 400 || code > 422 {
		t.Errorf("a range that is none: %d", code)
	}
	for lang, words := range map[string][]string{
		"en":    {"garden/gate-1/courtyard", "90.00 %", "lens covered 1m40s"},
		"zh-CN": {"在线监看率", "镜头遮挡 1m40s"},
	} {
		page := v.Do(t, "GET", "/coverage?lang="+lang, nil)
		if page.Status != 200 {
			t.Fatal(page.Status)
		}
		for _, w := range words {
			if !strings.Contains(string(page.Body), w) {
				t.Errorf("%s: the page does not say %q: %s", lang, w, page.Body)
			}
		}
	}
}

// TestEveryCauseHasWords in both languages; that they are the same keys, another
// test holds.
func TestEveryCauseHasWords(t *testing.T) {
	var words map[string]string
	if code := apptest.Start(t).Visitor(t).Do(t, "GET", "/text/en", nil).Into(t, &words); code != 200 {
		t.Fatal(code)
	}
	for _, c := range wire.Causes() {
		if words["cause."+c] == "" {
			t.Errorf("cause %s has no words", c)
		}
	}
}
