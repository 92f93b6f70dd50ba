package onvif

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounds of a subscription.
const (
	longestPull = 30 * time.Second // how long a device may hold back its answer
	maxMessages = 64               // in one answer
	life        = 2 * time.Minute  // of a subscription that is not renewed
)

// An Operation says what a message about a property tells (ONVIF Core §9.4.3).
type Operation string

// A device tells how everything is when a subscription begins, and then what changes.
const (
	Initialized Operation = "Initialized"
	Changed     Operation = "Changed"
	Deleted     Operation = "Deleted"
)

// A Notification is one message of a device.
type Notification struct {
	// Topic is its path without prefixes, such as RuleEngine/CellMotionDetector/Motion.
	Topic string
	// At is when the device says that it was; by its own clock.
	At time.Time
	// Operation is empty for what has no state, such as a line crossed.
	Operation Operation
	Source    map[string]string
	Data      map[string]string
}

// A Subscription is a pull point at a device (ONVIF Core §9.3). Its methods are called by
// one goroutine.
type Subscription struct {
	d          *Device
	to         string
	parameters string // to be given back in each call
	renewed    time.Time
}

type subscribedXML struct {
	XMLName   xml.Name `xml:"http://www.onvif.org/ver10/events/wsdl CreatePullPointSubscriptionResponse"`
	Reference struct {
		Address    string
		Parameters struct {
			Any []node `xml:",any"`
		} `xml:"ReferenceParameters"`
	} `xml:"SubscriptionReference"`
}

// A node is an element that is only to be given back.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
}

// Subscribe asks for the device's events. The device first tells how everything is.
func (d *Device) Subscribe(ctx context.Context) (*Subscription, error) {
	to, err := d.at(NamespaceEvents)
	if err != nil {
		return nil, err
	}
	var a subscribedXML
	const action = NamespaceEvents + "/EventPortType/CreatePullPointSubscriptionRequest"
	err = d.call(ctx, request{
		to: to, action: action, header: addressing(to, action),
		body: "<tev:CreatePullPointSubscription><tev:InitialTerminationTime>" + xmlDuration(life) + "</tev:InitialTerminationTime></tev:CreatePullPointSubscription>",
	}, &a)
	if err != nil {
		return nil, err
	}
	at, err := d.here(a.Reference.Address)
	if err != nil {
		return nil, err
	}
	s := &Subscription{d: d, to: at, renewed: time.Now()}
	for _, n := range a.Reference.Parameters.Any {
		s.parameters += n.asHeader()
	}
	return s, nil
}

// asHeader is a reference parameter as a header (WS-Addressing SOAP binding §3.3).
func (n node) asHeader() string {
	if n.XMLName.Space == "" { // cannot be told from ours: left out
		return ""
	}
	return fmt.Sprintf(`<p:%s xmlns:p="%s" wsa:IsReferenceParameter="true">%s</p:%s>`,
		escape(n.XMLName.Local), escape(n.XMLName.Space), escape(n.Text), escape(n.XMLName.Local))
}

// addressing are the headers by which some devices find the subscription.
func addressing(to, action string) string {
	return "<wsa:Action>" + action + "</wsa:Action><wsa:MessageID>" + messageID() + "</wsa:MessageID><wsa:To>" + escape(to) + "</wsa:To>"
}

func (s *Subscription) request(action, body string) request {
	return request{to: s.to, action: action, header: addressing(s.to, action) + s.parameters, body: body}
}

type pulledXML struct {
	XMLName  xml.Name          `xml:"http://www.onvif.org/ver10/events/wsdl PullMessagesResponse"`
	Messages []notificationXML `xml:"NotificationMessage"`
}

type notificationXML struct {
	Topic   string
	Message struct {
		At        string    `xml:"UtcTime,attr"`
		Operation Operation `xml:"PropertyOperation,attr"`
		Source    []itemXML `xml:"Source>SimpleItem"`
		Data      []itemXML `xml:"Data>SimpleItem"`
	} `xml:"Message>Message"`
}

type itemXML struct {
	Name  string `xml:",attr"`
	Value string `xml:",attr"`
}

// Pull waits up to wait for messages and returns what came; nothing is normal. The
// subscription is renewed when it is time. An error means that it is gone: the device has
// been restarted, or cannot be reached.
func (s *Subscription) Pull(ctx context.Context, wait time.Duration) ([]Notification, error) {
	wait = min(wait, longestPull)
	if time.Since(s.renewed) > life/2 {
		if err := s.renew(ctx); err != nil {
			return nil, err
		}
	}
	var a pulledXML
	r := s.request(NamespaceEvents+"/PullPointSubscription/PullMessagesRequest",
		fmt.Sprintf("<tev:PullMessages><tev:Timeout>%s</tev:Timeout><tev:MessageLimit>%d</tev:MessageLimit></tev:PullMessages>", xmlDuration(wait), maxMessages))
	r.limit = wait + s.d.cfg.Timeout
	if err := s.d.call(ctx, r, &a); err != nil {
		return nil, err
	}
	out := make([]Notification, 0, len(a.Messages))
	for _, m := range a.Messages {
		out = append(out, m.notification())
	}
	return out, nil
}

const notifications = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/"

type renewedXML struct {
	XMLName xml.Name `xml:"http://docs.oasis-open.org/wsn/b-2 RenewResponse"`
}

func (s *Subscription) renew(ctx context.Context) error {
	err := s.d.call(ctx, s.request(notifications+"RenewRequest", "<wsnt:Renew><wsnt:TerminationTime>"+xmlDuration(life)+"</wsnt:TerminationTime></wsnt:Renew>"), &renewedXML{})
	// Where Renew is not implemented, pulling renews by itself (ONVIF Core §9.3.2).
	if f := (*Fault)(nil); err != nil && (!errors.As(err, &f) || !f.unsupported()) {
		return fmt.Errorf("renew the subscription: %w", err)
	}
	s.renewed = time.Now()
	return nil
}

func (f *Fault) unsupported() bool {
	for _, s := range f.Subcodes {
		if s == "ActionNotSupported" || s == "UnknownAction" {
			return true
		}
	}
	return false
}

type unsubscribedXML struct {
	XMLName xml.Name `xml:"http://docs.oasis-open.org/wsn/b-2 UnsubscribeResponse"`
}

// Unsubscribe ends the subscription: devices have few, some only one or two.
func (s *Subscription) Unsubscribe(ctx context.Context) error {
	return s.d.call(ctx, s.request(notifications+"UnsubscribeRequest", "<wsnt:Unsubscribe/>"), &unsubscribedXML{})
}

func (n notificationXML) notification() Notification {
	at, _ := time.Parse(time.RFC3339Nano, n.Message.At) // zero where the device tells no time
	return Notification{
		Topic: topic(n.Topic), At: at, Operation: n.Message.Operation,
		Source: items(n.Message.Source), Data: items(n.Message.Data),
	}
}

// topic drops the prefixes of a topic's steps: tns1:Device/Trigger/tns1:DigitalInput.
func topic(s string) string {
	steps := strings.Split(strings.TrimSpace(s), "/")
	for i, step := range steps {
		steps[i] = local(step)
	}
	return strings.Join(steps, "/")
}

func items(list []itemXML) map[string]string {
	out := make(map[string]string, len(list))
	for _, i := range list {
		out[i.Name] = strings.TrimSpace(i.Value)
	}
	return out
}

// xmlDuration is a duration as XML Schema writes it.
func xmlDuration(d time.Duration) string { return fmt.Sprintf("PT%gS", d.Seconds()) }
