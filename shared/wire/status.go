package wire

import (
	"encoding/json"
	"fmt"
	"time"

	"eastgate/shared/event"
)

// A BoxStatus is what a box says of itself on its status topic, retained. The
// broker says it as the box's will, with Online false, when the link breaks.
type BoxStatus struct {
	Online  bool      `json:"online"`
	Epoch   string    `json:"epoch"`
	Version string    `json:"version"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
}

// A BoxHealth is what a box says of its cameras and sensors now and then.
type BoxHealth struct {
	At      time.Time      `json:"at"`
	Waiting int64          `json:"waiting"` // events in the outbox
	Cameras []CameraHealth `json:"cameras"`
	Sensors []SensorHealth `json:"sensors,omitempty"`
}

// A CameraHealth is the state of one camera as its box sees it.
type CameraHealth struct {
	Camera string `json:"camera"`
	Name   string `json:"name,omitempty"`
	// State is one of the words of edge/status: online, connecting,
	// unreachable, credentials, stalled, unsupported, broken.
	State string `json:"state"`
	// Reason is a sentence for people; empty when online.
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since"`
	// Zones says with which settings it looks; nil where the box cannot be set from afar.
	Zones *ZonesState `json:"zones,omitempty"`
	// ClockAheadMS is how far the camera's clock is ahead of the box's; nil while unknown.
	ClockAheadMS *int64 `json:"clock_ahead_ms,omitempty"`
	// Disarmed are the rules that somebody has switched off for a while.
	Disarmed []Disarmed `json:"disarmed,omitempty"`
}

// A Disarmed rule is switched off until a time.
type Disarmed struct {
	Rule   string    `json:"rule"` // fire, motion, parking, tamper
	Until  time.Time `json:"until"`
	Reason string    `json:"reason,omitempty"`
}

// A SensorHealth is how one sensor is, as its box hears it.
type SensorHealth struct {
	Sensor string `json:"sensor"`
	Name   string `json:"name,omitempty"`
	Kind   string `json:"kind"` // a word of edge/sensor, such as smoke
	// State is one of the words of edge/sensor: ok, alarm, fault, battery, offline;
	// null when nobody knows.
	State *string `json:"state"`
	// Reason is a sentence for people; may be empty.
	Reason  string     `json:"reason,omitempty"`
	Heard   *time.Time `json:"heard"`   // its last sign of life; null: none yet
	Battery *int       `json:"battery"` // per cent; null: it does not say
	Test    bool       `json:"test,omitempty"`
}

const maxCameras = 512

// MaxSensors is how many sensors one box may have, so that its health fits one message.
const MaxSensors = 160

// DecodeStatus reads what came on a status topic.
func DecodeStatus(payload []byte) (BoxStatus, error) {
	var s BoxStatus
	if err := decodeSmall(payload, &s); err != nil {
		return BoxStatus{}, fmt.Errorf("status: %w", err)
	}
	if !ValidEpoch(s.Epoch) {
		return BoxStatus{}, fmt.Errorf("status: epoch %.40q is no ULID", s.Epoch)
	}
	return s, nil
}

// DecodeHealth reads what came on a health topic.
func DecodeHealth(payload []byte) (BoxHealth, error) {
	var h BoxHealth
	if err := decodeSmall(payload, &h); err != nil {
		return BoxHealth{}, fmt.Errorf("health: %w", err)
	}
	if len(h.Cameras) > maxCameras {
		return BoxHealth{}, fmt.Errorf("health of %d cameras, at most %d are allowed", len(h.Cameras), maxCameras)
	}
	if len(h.Sensors) > MaxSensors {
		return BoxHealth{}, fmt.Errorf("health of %d sensors, at most %d are allowed", len(h.Sensors), MaxSensors)
	}
	for _, c := range h.Cameras {
		if !event.ValidName(c.Camera) {
			return BoxHealth{}, fmt.Errorf("health: camera %.60q is not a name of %s", c.Camera, event.NameRule)
		}
	}
	for _, s := range h.Sensors {
		if !event.ValidName(s.Sensor) {
			return BoxHealth{}, fmt.Errorf("health: sensor %.60q is not a name of %s", s.Sensor, event.NameRule)
		}
	}
	return h, nil
}

func decodeSmall(payload []byte, into any) error {
	if len(payload) > MaxBytes {
		return fmt.Errorf("%d bytes, at most %d are allowed", len(payload), MaxBytes)
	}
	return json.Unmarshal(payload, into)
}
