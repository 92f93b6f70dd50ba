package console_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/app/apptest"
	"eastgate/shared/wire"
)

func TestTheBoxesPageNamesSensorsThatAreNotWell(t *testing.T) {
	s := apptest.Start(t)
	ok, alarm, low, percent := "ok", "alarm", "battery", 7
	body, err := json.Marshal(wire.BoxHealth{At: time.Now(), Sensors: []wire.SensorHealth{
		{Sensor: "door", Kind: "door", State: &ok},
		{Sensor: "gas", Kind: "gas"},
		{Sensor: "lobby", Name: "大堂烟感", Kind: "smoke", State: &low, Battery: &percent},
		{Sensor: "smoke", Name: "烟感", Kind: "smoke", State: &alarm, Test: true},
	}})
	if err == nil {
		err = s.Store().Heard(t.Context(), "garden", "gate-1", "health", body)
	}
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"en":    {"1 / 4", "gas: not known", "大堂烟感: battery low 7 %", "烟感: alarm (test)"},
		"zh-CN": {"传感器", "gas: 未知", "烟感: 报警 (测试)"},
	} {
		page := string(s.As(t, "sysadmin").Do(t, "GET", "/boxes?lang="+lang, nil).Body)
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page does not say %q", lang, w)
			}
		}
	}
}
