package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHotlineFilesFromTheCommandLine: good lines are taken once, bad ones are named.
func TestHotlineFilesFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	conf, file := filepath.Join(dir, "cloud.yml"), filepath.Join(dir, "12345.csv")
	for path, text := range map[string]string{
		conf: "store: sqlite:" + filepath.Join(dir, "cloud.db") + "\n",
		file: "工单编号,来电时间,类别,地点,内容\nH1,2026-03-01 09:00,,dongguan/st1/s012,垃圾没人收\nH2,昨天,,dongguan/st1/s012,路灯不亮\nH3,2026-03-01 09:00,,nowhere,路灯不亮\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	say := func(args ...string) (string, error) {
		out.Reset()
		err := Console{Out: &out, Err: &out}.Command(t.Context(), args)
		return out.String(), err
	}
	if said, err := say("places", "demo", "-config", conf); err != nil {
		t.Fatal(said, err)
	}
	for range 2 { // the same file again changes nothing
		said, err := say("reports", "import", "-config", conf, file)
		if !errors.Is(err, errLines) || !strings.Contains(said, "line 3, time: ") || !strings.Contains(said, "line 4, place: ") || !strings.Contains(said, "1 reports taken, 2 lines with a fault") {
			t.Errorf("%s %v", said, err)
		}
	}
	if said, err := say("export", "incidents", "-store", "sqlite:"+filepath.Join(dir, "cloud.db"), "-format", "csv"); err != nil || strings.Count(said, "hotline_12345") != 1 {
		t.Errorf("%s %v", said, err)
	}
}
