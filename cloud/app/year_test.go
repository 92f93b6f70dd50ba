package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/app"
	"eastgate/cloud/kpi"
)

func command(t *testing.T, args ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	c := app.Console{Out: &out, Err: io.Discard}
	if err := c.Command(t.Context(), args); err != nil {
		t.Fatalf("cloud %s: %v", strings.Join(args, " "), err)
	}
	return out.Bytes()
}

// TestFiguresFromTheExportAlone plays five weeks, exports them, and computes the
// figures of a month again with nothing but the file, in the plainest way.
func TestFiguresFromTheExportAlone(t *testing.T) {
	dir := t.TempDir()
	store := "sqlite:" + filepath.Join(dir, "demo.db")
	command(t, "seed", "-store", store, "-from", "2025-05-30", "-to", "2025-07-02", "-seed", "3")
	text := command(t, "export", "incidents", "-store", store, "-format", "csv")
	said := map[string]kpi.Figure{}
	for _, f := range decode(t, command(t, "figures", "-store", store, "-month", "2025-06", "-json")) {
		said[f.ID] = f
	}
	file := filepath.Join(dir, "incidents.csv")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range decode(t, command(t, "figures", "-export", file, "-month", "2025-06", "-json")) {
		if w := said[f.ID]; !strings.HasPrefix(f.ID, "effort") && f.ID != "fires_official" && (!same(f.Numerator, w.Numerator) || !same(f.Value, w.Value)) {
			t.Errorf("%s from the export %v/%v, from the store %v/%v", f.ID, show(f.Numerator), show(f.Denominator), show(w.Numerator), show(w.Denominator))
		}
	}

	shares, burning, hours := again(t, text, said)
	want(t, "camera_first_share", said, shares[0], shares[1], shares[0]/shares[1])
	want(t, "fires_confirmed", said, burning, *said["fires_confirmed"].Denominator, burning)
	sum := 0.0
	for _, h := range hours {
		sum += h
	}
	want(t, "handling_time_mean", said, sum, float64(len(hours)), sum/float64(len(hours)))
}

// again is somebody with the file and the definition: which classes count, that a
// month is Shanghai's, and that it is settled on the 16th of the next.
func again(t *testing.T, text []byte, said map[string]kpi.Figure) (shares [2]float64, burning float64, hours []float64) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	settled := time.Date(2025, 7, 15, 16, 0, 0, 0, time.UTC)
	stamp := func(row []string, name string) (time.Time, bool) {
		x, err := time.Parse(time.RFC3339, at(row, name))
		return x, err == nil && !x.After(settled)
	}
	for _, row := range rows[1:] {
		seen, _ := stamp(row, "first_seen_at")
		confirmed, ok := stamp(row, "confirmed_at")
		class, verdict := at(row, "class"), at(row, "verdict")
		if seen.Add(8*time.Hour).Format("2006-01") != "2025-06" || !ok || at(row, "test") == "true" || slices.Contains([]string{"false", "rule", "test", "fault", "duplicate", "out_of_remit"}, verdict) {
			continue
		}
		if slices.Contains(said["camera_first_share"].Classes, class) {
			shares[1]++
			for first := range strings.SplitSeq(at(row, "first_source"), "+") {
				if strings.HasPrefix(first, "camera_") {
					shares[0] += 1 / float64(1+strings.Count(at(row, "first_source"), "+"))
				}
			}
		}
		if slices.Contains(said["fires_confirmed"].Classes, class) {
			burning++
		}
		if !slices.Contains(said["handling_time_mean"].Classes, class) {
			continue
		}
		resolved, done := stamp(row, "resolved_at")
		_, checked := stamp(row, "checked_at")
		_, closed := stamp(row, "closed_at")
		switch {
		case at(row, "forced") == "true" && closed:
			hours = append(hours, 720)
		case done && checked:
			hours = append(hours, resolved.Sub(confirmed).Hours())
		}
	}
	return shares, burning, hours
}

func want(t *testing.T, id string, said map[string]kpi.Figure, n, d, v float64) {
	t.Helper()
	f := said[id]
	if !same(f.Numerator, &n) || !same(f.Denominator, &d) || !same(f.Value, &v) || d == 0 {
		t.Errorf("%s: the centre says %v of %v = %v, the export %v of %v = %v", id, show(f.Numerator), show(f.Denominator), show(f.Value), n, d, v)
	}
}

func decode(t *testing.T, text []byte) (out []kpi.Figure) {
	t.Helper()
	if err := json.Unmarshal(text, &out); err != nil || len(out) == 0 {
		t.Fatal(err, len(out))
	}
	return out
}

func same(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= 1e-9*math.Max(1, math.Abs(*b))
}

func show(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}
