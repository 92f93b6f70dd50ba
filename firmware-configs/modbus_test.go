package configs

import (
	"testing"

	"eastgate/edge/sensor/modbus"
)

func TestModbusProfilesAreGood(t *testing.T) {
	all := Modbus()
	if len(all) < 3 {
		t.Fatal("few profiles:", len(all))
	}
	for name, data := range all {
		if _, err := modbus.ReadProfile(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
