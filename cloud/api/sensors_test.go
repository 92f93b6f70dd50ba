package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/shared/wire"
)

func TestBoxesTellOfTheirSensors(t *testing.T) {
	w := open(t)
	alarm, percent, heard := "alarm", 86, time.Now().UTC()
	body, err := json.Marshal(wire.BoxHealth{At: time.Now(), Sensors: []wire.SensorHealth{
		{Sensor: "door", Kind: "door", Reason: "its source zigbee2mqtt cannot be reached"},
		{Sensor: "smoke", Name: "烟感", Kind: "smoke", State: &alarm, Heard: &heard, Battery: &percent},
	}})
	if err == nil {
		err = w.Store().Heard(t.Context(), "garden", "gate-1", "health", body)
	}
	if err != nil {
		t.Fatal(err)
	}
	var boxes []api.Box
	w.ask(t, "sysadmin", "GET", "/api/v1/boxes", nil).Into(t, &boxes)
	for _, b := range boxes {
		if b.Site != "garden" || b.Box != "gate-1" {
			continue
		}
		if len(b.Sensors) != 2 || b.Sensors[0].State != nil || b.Sensors[0].Heard != nil || *b.Sensors[1].State != "alarm" || *b.Sensors[1].Battery != 86 {
			t.Errorf("%+v", b.Sensors)
		}
		return
	}
	t.Errorf("no such box: %+v", boxes)
}
