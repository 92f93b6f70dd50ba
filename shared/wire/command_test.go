package wire

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCommandsHaveOneForm(t *testing.T) {
	at := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	c := BoxCommand{
		ID: "01J0000000000000000000C0DE", Name: "disarm", Sent: at, Expires: at.Add(time.Minute),
		Args: json.RawMessage(`{"camera":"gate","rule":"motion","until":"2026-11-25T05:00:00Z"}`),
	}
	if got, err := DecodeCommand(golden(t, "command.v1.json", c.Encode())); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("read back: %+v, %v", got, err)
	}
	for file, r := range map[string]BoxResult{
		"result.v1.json":         {ID: c.ID, State: Done, Data: json.RawMessage(`{"until":"2026-11-25T05:00:00Z"}`)},
		"result-failed.v1.json":  {ID: c.ID, State: Failed, Problem: "the camera sends no pictures"},
		"result-refused.v1.json": {ID: c.ID, State: Refused, Problem: "this box does not know the command fly"},
		"result-expired.v1.json": {ID: c.ID, State: Expired, Problem: "it came 3s after its end"},
	} {
		if got, err := DecodeResult(golden(t, file, r.Encode())); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s read back: %+v, %v", file, got, err)
		}
	}
}

func TestBadCommandsAreRefused(t *testing.T) {
	for name, payload := range map[string]string{
		"no ULID":    `{"id":"17","name":"snapshot","expires":"2026-11-25T03:00:00Z"}`,
		"no name":    `{"id":"01J0000000000000000000C0DE","name":"rm -rf","expires":"2026-11-25T03:00:00Z"}`,
		"no end":     `{"id":"01J0000000000000000000C0DE","name":"snapshot"}`,
		"large args": `{"id":"01J0000000000000000000C0DE","name":"zones","expires":"2026-11-25T03:00:00Z","args":"` + strings.Repeat("x", MaxArgs) + `"}`,
		"no JSON":    `{`,
	} {
		if _, err := DecodeCommand([]byte(payload)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if c, err := DecodeCommand([]byte(`{"brew":{"cups":2}}`)); err != nil || c.ID != "" || c.Resend != nil {
		t.Errorf("a command of a later version is %+v, %v: want it passed over", c, err)
	}
	for name, payload := range map[string]string{
		"unknown state": `{"id":"01J0000000000000000000C0DE","state":"maybe"}`,
		"no ULID":       `{"id":"x","state":"done"}`,
		"long problem":  `{"id":"01J0000000000000000000C0DE","state":"failed","problem":"` + strings.Repeat("x", MaxProblem+1) + `"}`,
	} {
		if _, err := DecodeResult([]byte(payload)); err == nil {
			t.Errorf("result with %s: taken", name)
		}
	}
}

func FuzzDecodeCommand(f *testing.F) {
	f.Add([]byte(`{"id":"01J0000000000000000000C0DE","name":"snapshot","expires":"2026-11-25T03:00:00Z","args":{}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if c, err := DecodeCommand(payload); err == nil && c.ID != "" && (c.Expires.IsZero() || c.Name == "") {
			t.Errorf("taken: %+v", c)
		}
		if r, err := DecodeResult(payload); err == nil && !ValidEpoch(r.ID) {
			t.Errorf("taken: %+v", r)
		}
	})
}
