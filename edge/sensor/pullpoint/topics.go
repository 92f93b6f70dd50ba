package pullpoint

import (
	"strings"

	"eastgate/edge/onvif"
	"eastgate/edge/sensor"
	"eastgate/shared/event"
)

// A use is what is made of a topic.
type use struct {
	kind event.Kind
	// what the topic's being true is: an Alarm or a Fault.
	what sensor.What
	// item is the name of the datum that says true or false; empty where the message is
	// a moment without state.
	item string
	// held is for what comes and goes with the light: it counts when it lasts.
	held bool
	note string
}

// uses is the allow-list of topics (ONVIF topic namespace tns1, Core annex and the
// Analytics, Imaging and Device IO specifications). A topic that is not here is
// dropped and only counted.
var uses = map[string]use{
	"VideoSource/MotionAlarm":                        {event.Motion, sensor.Alarm, "State", false, "the camera sees movement"},
	"RuleEngine/CellMotionDetector/Motion":           {event.Motion, sensor.Alarm, "IsMotion", false, "the camera sees movement"},
	"RuleEngine/MotionRegionDetector/Motion":         {event.Motion, sensor.Alarm, "State", false, "the camera sees movement"},
	"RuleEngine/LineDetector/Crossed":                {event.Intrusion, sensor.Alarm, "", false, "a line was crossed, says the camera"},
	"RuleEngine/FieldDetector/ObjectsInside":         {event.Intrusion, sensor.Alarm, "IsInside", false, "something is inside an area, says the camera"},
	"VideoSource/GlobalSceneChange/ImagingService":   {event.Tamper, sensor.Alarm, "State", false, "the scene changed, says the camera"},
	"VideoSource/GlobalSceneChange/AnalyticsService": {event.Tamper, sensor.Alarm, "State", false, "the scene changed, says the camera"},
	"VideoSource/GlobalSceneChange/RecordingService": {event.Tamper, sensor.Alarm, "State", false, "the scene changed, says the camera"},
	"VideoSource/ImageTooBlurry/ImagingService":      {event.Tamper, sensor.Alarm, "State", true, "too blurry, says the camera"},
	"VideoSource/ImageTooBlurry/AnalyticsService":    {event.Tamper, sensor.Alarm, "State", true, "too blurry, says the camera"},
	"VideoSource/ImageTooBlurry/RecordingService":    {event.Tamper, sensor.Alarm, "State", true, "too blurry, says the camera"},
	"VideoSource/ImageTooDark/ImagingService":        {event.Tamper, sensor.Alarm, "State", true, "too dark, says the camera"},
	"VideoSource/ImageTooDark/AnalyticsService":      {event.Tamper, sensor.Alarm, "State", true, "too dark, says the camera"},
	"VideoSource/ImageTooDark/RecordingService":      {event.Tamper, sensor.Alarm, "State", true, "too dark, says the camera"},
	"VideoSource/ImageTooBright/ImagingService":      {event.Tamper, sensor.Alarm, "State", true, "too bright, says the camera"},
	"VideoSource/ImageTooBright/AnalyticsService":    {event.Tamper, sensor.Alarm, "State", true, "too bright, says the camera"},
	"VideoSource/ImageTooBright/RecordingService":    {event.Tamper, sensor.Alarm, "State", true, "too bright, says the camera"},
	"VideoSource/SignalLoss":                         {event.VideoLoss, sensor.Alarm, "State", false, "no signal from the lens, says the device"},
	"Device/HardwareFailure/StorageFailure":          {event.DeviceFault, sensor.Fault, "Failed", false, "its storage fails"},
	"Device/HardwareFailure/FanFailure":              {event.DeviceFault, sensor.Fault, "Failed", false, "its fan fails"},
	"Device/HardwareFailure/PowerSupplyFailure":      {event.DeviceFault, sensor.Fault, "Failed", false, "its power supply fails"},
	"Device/HardwareFailure/TemperatureCritical":     {event.DeviceFault, sensor.Fault, "Critical", false, "it is too hot or too cold"},
	"Device/Trigger/DigitalInput":                    {"", sensor.Alarm, "LogicalState", false, ""},
}

// Topics that are known and not used: hints that are no event by themselves, states,
// and what the box's own log or clock tells better.
var unused = []string{
	"VideoSource/ImpairedVisibility", "VideoSource/RadiometryAlarm", "RuleEngine/Radiometry/TemperatureAlarm",
	"RuleEngine/ObjectAbandoned", "RuleEngine/ObjectRemoved", "Device/Trigger/Relay", "Monitoring",
	"Device/SecurityPolicy/AuthFailed",
}

// forbidden are topics about persons, or that follow one thing: they are dropped unread.
// The list is a law, not a taste: steps are added to it and never taken out.
var forbidden = []string{
	"RuleEngine/Recognition", "RuleEngine/Radiometry/BodyTemperatureAlarm", "RuleEngine/LoiteringDetector",
	"RuleEngine/ObjectTrack", "RuleEngine/AudioDetector", "AudioAnalytics", "RuleEngine/CountAggregation",
	"RuleEngine/FaceDetector", "RuleEngine/FaceRecognition", "RuleEngine/LicensePlateRecognition",
	"RuleEngine/PeopleCounting", "RuleEngine/CrowdDetector", "UserAlarm",
}

// personal are words for the same in topics that vendors made up.
var personal = []string{"face", "plate", "people", "person", "human", "pedestrian", "visitor", "loiter", "body", "gait", "audio", "voice", "count", "crowd", "recogni"}

// A verdict is why a message is or is not used, as the metrics name it.
type verdict string

const (
	used   verdict = "used"
	banned verdict = "forbidden"
	idle   verdict = "unused"
	other  verdict = "unknown"
)

// judge says what is to be made of a topic, and by which rule it is not used.
func judge(topic string) (u use, v verdict, rule string) {
	for _, f := range forbidden {
		if under(topic, f) {
			return use{}, banned, f
		}
	}
	if u, ok := uses[topic]; ok {
		return u, used, ""
	}
	for _, f := range unused {
		if under(topic, f) {
			return use{}, idle, f
		}
	}
	lower := strings.ToLower(topic)
	for _, word := range personal {
		if strings.Contains(lower, word) {
			return use{}, banned, "*" + word + "*"
		}
	}
	return use{}, other, ""
}

func under(topic, path string) bool { return topic == path || strings.HasPrefix(topic, path+"/") }

// truth reads the datum that says whether the topic holds.
func (u use) truth(n onvif.Notification) (on, ok bool) {
	if n.Operation == onvif.Deleted {
		return false, true
	}
	switch strings.ToLower(n.Data[u.item]) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}
