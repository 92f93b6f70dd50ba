package gb28181_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"eastgate/cloud/governance"
	"eastgate/cloud/police/gb28181"
)

const device = "21010200001340000001"

var at = time.Date(2026, 11, 25, 2, 3, 4, 0, time.UTC)

func point(f float64) *float64 { return &f }

// TestGoldenAlarms: byte for byte what a platform would get, in GB18030.
func TestGoldenAlarms(t *testing.T) {
	catalogue := governance.Default()
	class := func(key, text string) gb28181.Alarm {
		c, ok := catalogue.Class(key)
		if !ok {
			t.Fatalf("no class %s", key)
		}
		a, ok := gb28181.Of(c, c.Level, device, at, text)
		if !ok {
			t.Fatalf("%s cannot be told", key)
		}
		return a
	}
	smoke := class("fire.smoke", "【社区报警】烟感报警，1级，地点：三号院7栋 & <二单元>，编号：20261125-0001")
	smoke.Lat, smoke.Lon = point(38.9140), point(121.6147)
	for name, a := range map[string]gb28181.Alarm{
		"smoke": smoke, "intrusion": class("security.intrusion", "周界或区域入侵：𠮷祥里"), "flame": class("fire.visual", "疑似明火"),
	} {
		got, err := gb28181.Encode(a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		file := filepath.Join("testdata", name+".gb18030.xml")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, got, 0o644); err != nil { //nolint:gosec // a golden file
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from %s: %v\n%s", name, file, err, got)
		}
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(got)
		if err != nil || !strings.Contains(string(text), a.Description[:9]) || !strings.Contains(string(text), "<AlarmTime>2026-11-25T10:03:04</AlarmTime>") {
			t.Errorf("%s is read as %s, %v", name, text, err)
		}
	}
}

// TestEveryClassThatSaysSoCanBeTold: what the catalogue claims, the standard allows.
func TestEveryClassThatSaysSoCanBeTold(t *testing.T) {
	n := 0
	for _, c := range governance.Default().Classes() {
		a, ok := gb28181.Of(c, c.Level, device, at, c.ZH)
		if !ok {
			continue
		}
		n++
		if _, err := gb28181.Encode(a); err != nil {
			t.Errorf("%s: %v", c.Key, err)
		}
	}
	if n < 5 {
		t.Errorf("only %d classes can be told", n)
	}
}

func TestFaultyAlarmsAreRefused(t *testing.T) {
	good := gb28181.Alarm{SN: 1, Device: device, Priority: 1, Method: 2, Type: 1, At: at}
	if _, err := gb28181.Encode(good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(a *gb28181.Alarm){
		"an id with 19 digits": func(a *gb28181.Alarm) { a.Device = device[1:] },
		"an id with a letter":  func(a *gb28181.Alarm) { a.Device = "2101020000134000000x" },
		"an id of no province": func(a *gb28181.Alarm) { a.Device = "00" + device[2:] },
		"an id of a monitor":   func(a *gb28181.Alarm) { a.Device = device[:10] + "133" + device[13:] },
		"no SN":                func(a *gb28181.Alarm) { a.SN = 0 },
		"priority 5":           func(a *gb28181.Alarm) { a.Priority = 5 },
		"method 8":             func(a *gb28181.Alarm) { a.Method = 8 },
		"a type of fire":       func(a *gb28181.Alarm) { a.Type = 6 },
		"a type of no method":  func(a *gb28181.Alarm) { a.Method, a.Type = 7, 1 },
		"no time":              func(a *gb28181.Alarm) { a.At = time.Time{} },
		"a long description":   func(a *gb28181.Alarm) { a.Description = strings.Repeat("火", 201) },
		"half a point":         func(a *gb28181.Alarm) { a.Lat = point(1) },
	} {
		a := good
		change(&a)
		if body, err := gb28181.Encode(a); err == nil {
			t.Errorf("%s is encoded: %s", what, body)
		}
	}
}

func TestResponses(t *testing.T) {
	body := func(charset, cmd, result string) []byte {
		text := `<?xml version="1.0" encoding="` + charset + `"?>` + "\r\n<Response>\r\n<CmdType>" + cmd + "</CmdType>\r\n<SN>17</SN>\r\n<DeviceID>" + device + "</DeviceID>\r\n<Result>" + result + "</Result>\r\n<Info>失败</Info>\r\n</Response>"
		out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
		if charset == "UTF-8" || err != nil {
			return []byte(text)
		}
		return out
	}
	for _, charset := range []string{"GB18030", "gb2312", "GBK", "UTF-8"} {
		r, err := gb28181.ParseResponse(body(charset, "Alarm", "OK"))
		if err != nil || r != (gb28181.Response{SN: 17, Device: device, OK: true}) {
			t.Errorf("%s: %+v, %v", charset, r, err)
		}
	}
	if r, err := gb28181.ParseResponse(body("GB18030", "Alarm", "ERROR")); err != nil || r.OK {
		t.Errorf("an error is read as %+v, %v", r, err)
	}
	for what, b := range map[string][]byte{
		"another answer": body("GB18030", "Catalog", "OK"), "no result": body("GB18030", "Alarm", ""), "another charset": body("KOI8-R", "Alarm", "OK"),
		"nothing": nil, "no XML": []byte("200 OK"), "too much": make([]byte, 1<<20), "a notice": []byte("<Notify><CmdType>Alarm</CmdType></Notify>"),
	} {
		if r, err := gb28181.ParseResponse(b); err == nil {
			t.Errorf("%s is read as %+v", what, r)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="GB18030"?><Response><CmdType>Alarm</CmdType><SN>1</SN><Result>OK</Result></Response>`))
	f.Fuzz(func(_ *testing.T, body []byte) { gb28181.ParseResponse(body) }) //nolint:errcheck // that it returns is the test
}
