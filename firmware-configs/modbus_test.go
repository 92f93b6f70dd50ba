package configs_test

import (
	"testing"

	"eastgate/edge/sensor/modbus"
	configs "eastgate/firmware-configs"
)

func TestModbusProfilesAreGood(t *testing.T) {
	all := configs.Modbus()
	if len(all) < 3 {
		t.Fatal("few profiles:", len(all))
	}
	for name, data := range all {
		if _, err := modbus.ReadProfile(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
