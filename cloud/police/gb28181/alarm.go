// Package gb28181 writes the alarm message of GB/T 28181-2022 and reads the answer:
// what a video platform would take where the police want no MQTT.
//
// It promises messages that the standard allows (MANSCDP, annex A.2.5 "报警通知" and
// A.2.6 "报警通知应答"), in GB18030 as it says, or an error that names what is wrong. It
// carries nothing: SIP (MESSAGE with Content-Type Application/MANSCDP+xml) is for who
// does.
package gb28181

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// ContentType is that of the SIP MESSAGE.
const ContentType = "Application/MANSCDP+xml"

// An Alarm is one alarm of a device.
type Alarm struct {
	SN       int    // number of the request; the answer has it too
	Device   string // 20 digits, see CheckID
	Priority int    // 1 to 4, as our levels
	// Method says how the alarm came: 1 telephone, 2 device, 3 message, 4 GPS, 5 video, 6
	// device fault, 7 other.
	Method int
	// Type says what it is, for methods 2, 5 and 6; 0 says nothing. There is none for
	// fire.
	Type        int
	At          time.Time // told without an offset, in Asia/Shanghai
	Description string    // at most 200 characters here; what the text says is what there is of fire
	Lat, Lon    *float64  // degrees, WGS-84; both or neither
}

// types are how many types each method knows (annex A.2.5).
var types = map[int]int{2: 5, 5: 12, 6: 2}

// maxDescription bounds the description, in characters.
const maxDescription = 200

// validate returns everything that the standard does not allow.
func (a Alarm) validate() error {
	var faults []error
	bad := func(format string, v ...any) { faults = append(faults, fmt.Errorf("alarm: "+format, v...)) }
	if err := CheckID(a.Device); err != nil {
		bad("%w", err)
	}
	if a.SN < 1 {
		bad("SN %d is not positive", a.SN)
	}
	if a.Priority < 1 || a.Priority > 4 {
		bad("priority %d is not 1 to 4", a.Priority)
	}
	if a.Method < 1 || a.Method > 7 {
		bad("method %d is not 1 to 7", a.Method)
	}
	if a.Type < 0 || a.Type > types[a.Method] {
		bad("method %d has no type %d", a.Method, a.Type)
	}
	if a.At.IsZero() {
		bad("it has no time")
	}
	if n := utf8.RuneCountInString(a.Description); n > maxDescription || !utf8.ValidString(a.Description) {
		bad("the description has %d characters, at most %d of UTF-8 are allowed", n, maxDescription)
	}
	if (a.Lat == nil) != (a.Lon == nil) {
		bad("latitude and longitude belong together")
	}
	return errors.Join(faults...)
}

type notify struct {
	XMLName     xml.Name `xml:"Notify"`
	CmdType     string
	SN          int
	DeviceID    string
	Priority    int    `xml:"AlarmPriority"`
	Method      int    `xml:"AlarmMethod"`
	Time        string `xml:"AlarmTime"`
	Description string `xml:"AlarmDescription,omitempty"`
	Longitude   string `xml:",omitempty"`
	Latitude    string `xml:",omitempty"`
	Info        *info
}

type info struct {
	AlarmType int
}

const header = `<?xml version="1.0" encoding="GB18030"?>` + "\n"

// Encode writes an alarm.
func Encode(a Alarm) ([]byte, error) {
	if err := a.validate(); err != nil {
		return nil, err
	}
	n := notify{
		CmdType: "Alarm", SN: a.SN, DeviceID: a.Device, Priority: a.Priority, Method: a.Method,
		Time: a.At.In(governance.Shanghai).Format("2006-01-02T15:04:05"), Description: a.Description,
	}
	if a.Lat != nil {
		n.Latitude, n.Longitude = degrees(*a.Lat), degrees(*a.Lon)
	}
	if a.Type > 0 {
		n.Info = &info{a.Type}
	}
	text, err := xml.MarshalIndent(n, "", "  ")
	if err != nil {
		return nil, err
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(strings.ReplaceAll(header+string(text)+"\n", "\n", "\r\n")))
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }

// Of is how a class of ours is told as an alarm of a device; false where the class
// cannot be told this way.
func Of(class governance.Class, level event.Level, device string, at time.Time, text string) (Alarm, bool) {
	return Alarm{
		SN: 1, Device: device, Priority: int(level), Method: class.Alarm.Method, Type: class.Alarm.Type, At: at, Description: text,
	}, class.Alarm.Method != 0
}

// kinds are the types of devices that may speak here (annex E, digits 11 to 13): alarm
// controller, recorder, camera, network camera, alarm input, alarm output, signalling
// server, alarm server, gateway.
var kinds = []string{"117", "118", "131", "132", "134", "135", "200", "205", "209"}

// CheckID reports what is wrong with an id: 8 digits of the division, 2 of the trade,
// 3 of the type, 7 of a serial number (annex E).
func CheckID(id string) error {
	switch {
	case len(id) != 20 || strings.Trim(id, "0123456789") != "":
		return fmt.Errorf("id %.40q has not 20 digits", id)
	case id[:2] == "00":
		return fmt.Errorf("id %s begins with no province", id)
	case !slices.Contains(kinds, id[10:13]):
		return fmt.Errorf("id %s is of type %s, which sends no alarms: one of %v", id, id[10:13], kinds)
	}
	return nil
}

// A Response is what the platform answers.
type Response struct {
	SN     int
	Device string
	OK     bool
}

const maxResponse = 16 << 10

// ParseResponse reads the answer to an alarm, whatever charset it says it is in of
// those that platforms use. An answer to something else is an error.
func ParseResponse(body []byte) (Response, error) {
	if len(body) > maxResponse {
		return Response{}, fmt.Errorf("response: %d bytes, at most %d are read", len(body), maxResponse)
	}
	var r struct {
		XMLName  xml.Name `xml:"Response"`
		CmdType  string
		SN       int
		DeviceID string
		Result   string
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = charset
	if err := d.Decode(&r); err != nil {
		return Response{}, fmt.Errorf("response: %w", err)
	}
	if r.CmdType != "Alarm" {
		return Response{}, fmt.Errorf("response: to %.40q, not to an alarm", r.CmdType)
	}
	result := strings.ToUpper(strings.TrimSpace(r.Result))
	if result != "OK" && result != "ERROR" {
		return Response{}, fmt.Errorf("response: result %.40q is neither OK nor ERROR", r.Result)
	}
	return Response{SN: r.SN, Device: strings.TrimSpace(r.DeviceID), OK: result == "OK"}, nil
}

func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToUpper(label) {
	case "UTF-8":
		return in, nil
	case "GB18030", "GBK", "GB2312": // each is a part of the first
		return simplifiedchinese.GB18030.NewDecoder().Reader(in), nil
	}
	return nil, fmt.Errorf("charset %.40q is none of GB18030, GBK, GB2312 and UTF-8", label)
}
