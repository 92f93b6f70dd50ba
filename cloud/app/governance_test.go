package app

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckTellsFaultsOfCatalogueAndCalendar: all of both, with the files' names.
func TestCheckTellsFaultsOfCatalogueAndCalendar(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	classes := write("classes.yml", "classes: {parking.motor: {level: 7, cap: Cars}}")
	days := write("days.yml", `hours: ["18:00-08:00"]`)
	conf := write("cloud.yml", "catalogue: "+classes+"\ncalendar: "+days+"\n")
	err := Console{Out: io.Discard, Err: io.Discard}.Command(t.Context(), []string{"check", "-config", conf})
	for _, want := range []string{classes, "classes.parking.motor.level: 7 is not", `classes.parking.motor.cap: "Cars"`, days, "hours[0]: line 1: want hours"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	write("classes.yml", "classes: {parking.motor: {level: 2}}")
	write("days.yml", `hours: ["08:00-18:00"]`)
	if err := (Console{Out: io.Discard, Err: io.Discard}).Command(t.Context(), []string{"check", "-config", conf}); err != nil {
		t.Error(err)
	}
}
