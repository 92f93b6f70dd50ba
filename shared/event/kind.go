package event

import "slices"

// A Kind is a stable key for what happened. Keys never change their meaning;
// codes of cities and ministries are mapped to them elsewhere.
type Kind string

// The kinds that boxes send today.
const (
	FireVisual      Kind = "fire.visual"           // suspected flame or smoke on a picture
	Smoke           Kind = "fire.smoke"            // a smoke detector's alarm
	Gas             Kind = "fire.gas"              // a gas detector's alarm
	FireButton      Kind = "fire.manual_button"    // somebody pressed a fire alarm button
	FireLaneBlocked Kind = "fire.lane_blocked"     // something stands in a fire lane
	FireEquipment   Kind = "fire.equipment_fault"  // a detector or a hydrant says that it does not work
	ParkingMotor    Kind = "parking.motor"         // something stands in a no-parking zone
	Intrusion       Kind = "security.intrusion"    // a line or an area was crossed, as a camera or a beam says
	DoorForced      Kind = "security.door_forced"  // a door opened that should not
	Panic           Kind = "security.panic"        // somebody pressed a panic button
	Flooding        Kind = "infra.flooding"        // water where none should be
	Motion          Kind = "security.motion"       // movement: a signal, no incident by itself
	Tamper          Kind = "device.tamper"         // lens covered, turned, or picture frozen or black
	VideoLoss       Kind = "device.video_loss"     // no pictures from a camera
	BatteryLow      Kind = "device.battery_low"    // of a sensor
	DeviceFault     Kind = "device.fault"          // a device, or what the box hears it by, says that it does not work
	EventsLost      Kind = "device.events_lost"    // the box had to give events up to keep more urgent ones
	Gap             Kind = "device.gap"            // events of a box never came, and it has not told of giving them up
	IdentityClash   Kind = "device.identity_clash" // two boxes speak under one name
	Offline         Kind = "device.offline"        // a box, or all boxes of a site, cannot be heard
	Unwatched       Kind = "device.unwatched"      // no desk of the centre has sound and somebody at it
	ClockJump       Kind = "device.clock_jump"     // a box's wall clock was set by seconds or more
)

// Level orders kinds by how fast somebody must look: 1 at once, 4 when there is
// time. It is also the event's priority on its way to the cloud.
type Level int

// The levels, with the words staff use.
const (
	Urgent   Level = 1 // 特急: life safety; never given up for another event
	Serious  Level = 2 // 紧急
	Ordinary Level = 3 // 一般
	Minor    Level = 4 // 普通
)

// Levels lists all levels, the most urgent first.
var Levels = [...]Level{Urgent, Serious, Ordinary, Minor}

type facts struct {
	level    Level
	severity string
	urgency  string
}

// catalogue holds every kind that may cross the wire. It is the place where a
// new kind is refused: nothing that identifies or follows people gets a row.
var catalogue = map[Kind]facts{
	FireVisual:      {Urgent, "Extreme", "Immediate"},
	Smoke:           {Urgent, "Extreme", "Immediate"},
	Gas:             {Urgent, "Extreme", "Immediate"},
	FireButton:      {Urgent, "Extreme", "Immediate"},
	Panic:           {Urgent, "Severe", "Immediate"},
	Intrusion:       {Serious, "Severe", "Expected"},
	DoorForced:      {Serious, "Severe", "Expected"},
	Flooding:        {Serious, "Moderate", "Expected"},
	FireEquipment:   {Ordinary, "Moderate", "Expected"},
	BatteryLow:      {Minor, "Minor", "Future"},
	DeviceFault:     {Ordinary, "Minor", "Expected"},
	FireLaneBlocked: {Serious, "Severe", "Expected"},
	Tamper:          {Serious, "Moderate", "Expected"},
	EventsLost:      {Serious, "Moderate", "Expected"},
	Gap:             {Serious, "Moderate", "Expected"},
	IdentityClash:   {Serious, "Moderate", "Expected"},
	Offline:         {Serious, "Moderate", "Expected"},
	Unwatched:       {Serious, "Moderate", "Immediate"},
	ParkingMotor:    {Ordinary, "Minor", "Expected"},
	VideoLoss:       {Ordinary, "Minor", "Expected"},
	ClockJump:       {Minor, "Minor", "Past"},
	Motion:          {Minor, "Unknown", "Unknown"},
}

// Known reports whether k is in the catalogue.
func (k Kind) Known() bool { _, ok := catalogue[k]; return ok }

// Level returns how urgent k is by default; unknown kinds are Minor.
func (k Kind) Level() Level {
	if f, ok := catalogue[k]; ok {
		return f.level
	}
	return Minor
}

// Severity and Urgency return the CAP 1.2 words for k.
func (k Kind) Severity() string { return catalogue[k].severity }

// Urgency returns the CAP 1.2 word for how soon k needs an answer.
func (k Kind) Urgency() string { return catalogue[k].urgency }

// Kinds lists the catalogue in the order of its keys.
func Kinds() []Kind {
	ks := make([]Kind, 0, len(catalogue))
	for k := range catalogue {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}
