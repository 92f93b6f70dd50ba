package mqtt

import "strings"

// forbidden are words for what identifies or follows people. They are looked for in
// the levels of topics and in the keys of messages; the list is a law, not a taste:
// words are added to it and never taken out.
var forbidden = map[string]bool{
	"face": true, "faces": true, "face_recognition": true,
	"person": true, "persons": true, "people": true, "pedestrian": true,
	"plate": true, "plates": true, "license_plate": true, "lpr": true, "recognized_license_plate": true,
	"sub_label": true, "sub_labels": true, "tracked_object_update": true,
	"device_tracker": true, "presence": true, "ibeacon": true, "ble": true,
	"gait": true, "voice": true, "audio": true, "fingerprint": true,
	"uid": true, "rfid": true, "rdm6300": true, "pn532": true, "rc522": true, "card": true,
}

// forbiddenTopic returns the level of a topic that is about persons; empty when none is.
func forbiddenTopic(topic string) string {
	for level := range strings.SplitSeq(strings.ToLower(topic), "/") {
		if forbidden[level] {
			return level
		}
	}
	return ""
}

// personal are the keys of messages that are dropped wherever they stand. A key may
// be there and empty, as Frigate has it; then nothing was dropped.
func (m *Metrics) personal(source string, fields map[string]any) {
	for key, v := range fields {
		word := strings.ToLower(key)
		if forbidden[word] && v != nil && v != "" {
			m.drop(source, word)
		}
	}
}
