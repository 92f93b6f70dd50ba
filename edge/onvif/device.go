package onvif

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"time"
)

// A Clock is how a device's clock stood when it was last read.
type Clock struct {
	// Offset is device time minus ours, good to about half a second: devices tell whole
	// seconds.
	Offset time.Duration
	// Known says that the device told UTC; some tell only their local time.
	Known bool
	// Source is how it is set: Manual or NTP.
	Source string
	// Read is when.
	Read time.Time
}

// Clock returns what is known of the device's clock.
func (d *Device) Clock() Clock {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

type clockXML struct {
	XMLName xml.Name `xml:"http://www.onvif.org/ver10/device/wsdl GetSystemDateAndTimeResponse"`
	Clock   struct {
		Type string `xml:"DateTimeType"`
		UTC  *struct {
			Time struct{ Hour, Minute, Second int }
			Date struct{ Year, Month, Day int }
		} `xml:"UTCDateTime"`
	} `xml:"SystemDateAndTime"`
}

// readClock does GetSystemDateAndTime (ONVIF Core §8.3.5), which needs no login.
func (d *Device) readClock(ctx context.Context) error {
	var a clockXML
	asked := time.Now()
	err := d.post(ctx, request{
		to: d.home.String(), action: NamespaceDevice + "/GetSystemDateAndTime",
		body: "<tds:GetSystemDateAndTime/>", open: true,
	}, &a)
	if err != nil && !errors.Is(err, ErrNotAuthorized) { // against the specification, some ask for a login here
		return err
	}
	now := time.Now()
	c := Clock{Read: now, Source: a.Clock.Type}
	if u := a.Clock.UTC; u != nil && u.Date.Year > 0 {
		at := time.Date(u.Date.Year, time.Month(u.Date.Month), u.Date.Day, u.Time.Hour, u.Time.Minute, u.Time.Second, 0, time.UTC)
		// The device was read halfway, and cut off on average half a second.
		c.Known, c.Offset = true, at.Add(time.Second/2).Sub(asked.Add(now.Sub(asked)/2).Round(0))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = c
	return nil
}

// Information is what a device says it is.
type Information struct {
	XMLName      xml.Name `xml:"http://www.onvif.org/ver10/device/wsdl GetDeviceInformationResponse" json:"-"`
	Manufacturer string   `json:"manufacturer"`
	Model        string   `json:"model"`
	Firmware     string   `xml:"FirmwareVersion" json:"firmware"`
	Serial       string   `xml:"SerialNumber" json:"serial"`
	Hardware     string   `xml:"HardwareId" json:"hardware"`
}

// Information does GetDeviceInformation (ONVIF Core §8.3.1).
func (d *Device) Information(ctx context.Context) (Information, error) {
	var a Information
	err := d.call(ctx, request{to: d.home.String(), action: NamespaceDevice + "/GetDeviceInformation", body: "<tds:GetDeviceInformation/>"}, &a)
	return a, err
}

type servicesXML struct {
	XMLName  xml.Name `xml:"http://www.onvif.org/ver10/device/wsdl GetServicesResponse"`
	Services []struct {
		Namespace string
		XAddr     string
	} `xml:"Service"`
}

type capabilitiesXML struct {
	XMLName xml.Name `xml:"http://www.onvif.org/ver10/device/wsdl GetCapabilitiesResponse"`
	Media   string   `xml:"Capabilities>Media>XAddr"`
	Events  string   `xml:"Capabilities>Events>XAddr"`
}

// readServices asks for the addresses of the device's services: GetServices (ONVIF
// Core §8.1.2.1), and GetCapabilities where a device is too old for it.
func (d *Device) readServices(ctx context.Context) error {
	var a servicesXML
	err := d.call(ctx, request{
		to: d.home.String(), action: NamespaceDevice + "/GetServices",
		body: "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>",
	}, &a)
	if f := (*Fault)(nil); errors.As(err, &f) && !errors.Is(err, ErrNotAuthorized) {
		return d.readCapabilities(ctx)
	} else if err != nil {
		return err
	}
	for _, s := range a.Services {
		if err := d.note(s.Namespace, s.XAddr); err != nil {
			return err
		}
	}
	return nil
}

func (d *Device) readCapabilities(ctx context.Context) error {
	var a capabilitiesXML
	err := d.call(ctx, request{
		to: d.home.String(), action: NamespaceDevice + "/GetCapabilities",
		body: "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>",
	}, &a)
	if err != nil {
		return err
	}
	return errors.Join(d.note(NamespaceMedia1, a.Media), d.note(NamespaceEvents, a.Events))
}

// note remembers where one of the services that we use is.
func (d *Device) note(namespace, address string) error {
	switch namespace {
	case NamespaceMedia1, NamespaceMedia2, NamespaceEvents:
	default:
		return nil
	}
	if address == "" {
		return nil
	}
	at, err := d.here(address)
	if err != nil {
		return err
	}
	d.services[namespace] = at
	return nil
}

// at is the address of a service.
func (d *Device) at(namespace string) (string, error) {
	if a := d.services[namespace]; a != "" {
		return a, nil
	}
	return "", fmt.Errorf("the device has no service %s", namespace)
}
