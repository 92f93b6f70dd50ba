package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"eastgate/shared/event"
)

var update = flag.Bool("update", false, "write the golden payloads anew")

const (
	epoch = "01J0000000000000000000EP0C"
	id    = "01J00000000000000000000001"
)

func sample() event.Event {
	at := time.Date(2026, 6, 1, 4, 30, 15, 250e6, time.UTC)
	yes := true
	return event.Event{
		ID: id, Episode: id, Source: "/garden/gate-1/yard", Kind: event.FireLaneBlocked, State: event.Start, Time: at, Since: at.Add(-time.Minute),
		Certainty: "Possible", Severity: "Severe", Urgency: "Expected", Status: "Actual", Zone: "lane", Box: &event.Box{0.25, 0.5, 0.25, 0.125}, Score: 0.7,
		Why:      event.Why{"still_s": 61.25, "vehicle": 0.93},
		Detector: event.Detector{Name: "dwell", Version: "1"}, Clock: event.Clock{Synced: &yes},
		Evidence: []event.Evidence{{SHA256: strings.Repeat("ab", 32), Type: "image/jpeg", Bytes: 48211, From: at, To: at}},
	}
}

func batch(t testing.TB, events ...event.Event) []byte {
	t.Helper()
	var items []Queued
	for i := range events {
		body, err := EncodeEvent(&events[i])
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, Queued{Position{epoch, events[i].Kind.Level(), uint64(i + 1)}, i > 0, body})
	}
	return AppendBatch(nil, items)
}

// golden compares what is said with the payload that is kept, byte for byte.
func golden(t *testing.T, file string, got []byte) []byte {
	t.Helper()
	file = "testdata/" + file
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.TrimSpace(want)
	if !bytes.Equal(bytes.TrimSpace(got), want) {
		t.Errorf("%s:\ngot  %s\nwant %s", file, got, want)
	}
	return want
}

// TestGolden keeps the payloads that boxes in the field send readable for ever.
func TestGolden(t *testing.T) {
	items, refused, err := DecodeBatch(golden(t, "batch.v1.json", batch(t, sample())), "garden", "gate-1")
	if err != nil || len(refused) > 0 || len(items) != 1 {
		t.Fatalf("%v, %v", refused, err)
	}
	if !reflect.DeepEqual(items[0].Event, sample()) || items[0].Position != (Position{epoch, event.Serious, 1}) {
		t.Errorf("came back as %+v", items[0])
	}
}

func TestGoldenTalkAboutStreams(t *testing.T) {
	hello := BoxHello{Epoch: epoch, Streams: []Stream{
		{Priority: 1, First: 8, Next: 8, Kept: 3},
		{Priority: 4, First: 200, Next: 451, Kept: 200, Shed: &Shed{Count: 90, First: 1, Last: 120}},
	}}
	if got, err := DecodeHello(golden(t, "hello.v1.json", hello.Encode())); err != nil || !reflect.DeepEqual(got, hello) {
		t.Errorf("hello came back as %+v, %v", got, err)
	}
	ack := Ack{Epoch: epoch, Ranges: []Range{{1, 7, 7}, {4, 200, 249}}}
	if got, err := DecodeAck(golden(t, "ack.v1.json", ack.Encode())); err != nil || !reflect.DeepEqual(got, ack) {
		t.Errorf("acknowledgement came back as %+v, %v", got, err)
	}
	ack.Hello = true
	if got, err := DecodeAck(golden(t, "ack-of-hello.v1.json", ack.Encode())); err != nil || !reflect.DeepEqual(got, ack) {
		t.Errorf("answer to a hello came back as %+v, %v", got, err)
	}
	resend := BoxCommand{Resend: &Resend{Epoch: epoch, Ranges: []Range{{1, 3, 5}}}}
	if got, err := DecodeCommand(golden(t, "resend.v1.json", resend.Encode())); err != nil || !reflect.DeepEqual(got, resend) {
		t.Errorf("command came back as %+v, %v", got, err)
	}
	if got, err := DecodeCommand([]byte(`{"dance": {}}`)); err != nil || got.Resend != nil {
		t.Errorf("a command of tomorrow: %+v, %v", got, err)
	}
}

func TestTalkAboutStreamsIsChecked(t *testing.T) {
	good := `{"epoch":"` + epoch + `","streams":[{"priority":4,"first":5,"next":9,"kept":5,"shed":{"count":2,"first":1,"last":4}}]}`
	if _, err := DecodeHello([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for old, bad := range map[string]string{
		epoch: "x", `"priority":4`: `"priority":5`, `"first":5`: `"first":4`, `"next":9`: `"next":4`, `"kept":5`: `"kept":0`,
		`"count":2`: `"count":7`, `"last":4`: `"last":9`, `"first":1`: `"first":0`, `"streams":[`: `"streams":[{"priority":4,"first":1,"next":1,"kept":1},`,
	} {
		if _, err := DecodeHello([]byte(strings.Replace(good, old, bad, 1))); err == nil {
			t.Errorf("%s instead of %s is taken", bad, old)
		}
	}
	for _, bad := range []string{``, `{"resend":{"epoch":"x","ranges":[]}}`, `{"resend":{"epoch":"` + epoch + `","ranges":[{"priority":1,"first":2,"last":1}]}}`} {
		if _, err := DecodeCommand([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	whole := string(batch(t, sample()))
	for name, c := range map[string]struct{ old, new, want string }{
		"another box's":   {"/garden/gate-1/yard", "/garden/gate-2/yard", "does not belong"},
		"no catalogue":    {`"kind":"fire.lane_blocked"`, `"kind":"person.face"`, "catalogue"},
		"no sequence":     {`"sequence":"00000000000000000001"`, `"sequence":""`, "sequence"},
		"sequence 0":      {`"sequence":"00000000000000000001"`, `"sequence":"0"`, "sequence"},
		"no epoch":        {`"epoch":"` + epoch + `"`, `"epoch":"../../x"`, "epoch"},
		"priority 9":      {`"priority":2`, `"priority":9`, "priority"},
		"other version":   {`"specversion":"1.0"`, `"specversion":"0.3"`, "specversion"},
		"other type":      {TypeEvent, "eastgate.event.v9", "type"},
		"ids that differ": {`"id":"` + id + `","source":"/garden/gate-1/yard","type"`, `"id":"` + epoch + `","source":"/garden/gate-1/yard","type"`, "not the envelope's"},
		"a word for time": {`"score":0.7`, `"score":"high"`, "cannot unmarshal"},
	} {
		spoilt := strings.ReplaceAll(whole, c.old, c.new)
		if spoilt == whole {
			t.Fatalf("%s: nothing was spoilt", name)
		}
		items, refused, err := DecodeBatch([]byte(spoilt), "garden", "gate-1")
		if err != nil || len(items) != 0 || len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), c.want) {
			t.Errorf("%s: items %v, refused %v, %v; want %q", name, items, refused, err, c.want)
		}
	}
}

// TestOnePassReadsTheSame: a sound batch is read at once, others item by item.
func TestOnePassReadsTheSame(t *testing.T) {
	first, second := sample(), sample()
	second.ID, second.Episode = epoch, epoch
	payload := batch(t, first, second)
	var raws []json.RawMessage
	if err := json.Unmarshal(payload, &raws); err != nil {
		t.Fatal(err)
	}
	var want []Item
	for _, raw := range raws {
		it, err := decodeItem(raw, "garden", "gate-1")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, it)
	}
	if got := decodeSound(payload, "garden", "gate-1"); len(got) != 2 || !got[1].Backfill || !reflect.DeepEqual(got, want) {
		t.Errorf("at once %+v, one by one %+v", got, want)
	}
	if got := decodeSound(payload, "garden", "gate-2"); got != nil {
		t.Errorf("another box's events: %+v", got)
	}
}

func TestOneBadItemDoesNotSpoilTheOthers(t *testing.T) {
	good, bad := sample(), sample()
	bad.ID, bad.Episode = epoch, epoch
	spoilt := strings.ReplaceAll(string(batch(t, good, bad)), `"id":"`+epoch+`"`, `"id":"nonsense"`)
	items, refused, err := DecodeBatch([]byte(spoilt), "garden", "gate-1")
	if err != nil || len(items) != 1 || len(refused) != 1 || refused[0].Sequence != 2 {
		t.Errorf("items %d, refused %+v, %v", len(items), refused, err)
	}
}

func TestBounds(t *testing.T) {
	for name, payload := range map[string][]byte{
		"too large": bytes.Repeat([]byte(" "), MaxBytes+1),
		"too many":  []byte("[" + strings.Repeat("{},", MaxBatch) + "{}]"),
		"none":      []byte("[]"),
		"no batch":  []byte(`{"id": 1}`),
	} {
		if _, _, err := DecodeBatch(payload, "garden", "gate-1"); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	e := sample()
	for range 8 {
		e.Evidence = append(e.Evidence, e.Evidence[0])
	}
	if _, err := EncodeEvent(&e); err == nil {
		t.Error("an invalid event was encoded")
	}
}

func TestBatchBytesIsAnUpperBound(t *testing.T) {
	e := sample()
	body, err := EncodeEvent(&e)
	if err != nil {
		t.Fatal(err)
	}
	q := Queued{Position{epoch, event.Minor, 1<<64 - 1}, true, body}
	if n := len(AppendBatch(nil, []Queued{q})) - 2; n > BatchBytes(q) {
		t.Errorf("%d bytes, the bound is %d", n, BatchBytes(q))
	}
}

func TestAcks(t *testing.T) {
	var ps []Position
	for _, seq := range []uint64{5, 3, 4, 9, 4} {
		ps = append(ps, Position{epoch, event.Serious, seq})
	}
	ps = append(ps, Position{epoch, event.Urgent, 1}, Position{id, event.Minor, 2})
	acks := AcksFor(ps)
	want := "[{" + id + " [{4 2 2}] false} {" + epoch + " [{1 1 1} {2 3 5} {2 9 9}] false}]"
	if got := fmt.Sprint(acks); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	back, err := DecodeAck(acks[1].Encode())
	if err != nil || !reflect.DeepEqual(back, acks[1]) {
		t.Errorf("came back as %+v, %v", back, err)
	}
	for _, bad := range []string{``, `{}`, `{"epoch":"x"}`, `{"epoch":"` + epoch + `","ranges":[{"priority":1,"first":5,"last":4}]}`, `{"epoch":"` + epoch + `","ranges":[{"priority":9,"first":1,"last":4}]}`} {
		if _, err := DecodeAck([]byte(bad)); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
}

func TestTopics(t *testing.T) {
	topic := Topic("garden", "gate-1", Event)
	if topic != "eastgate/v1/garden/gate-1/event" {
		t.Error(topic)
	}
	if site, box, what, ok := ParseTopic(topic); !ok || site != "garden" || box != "gate-1" || what != Event {
		t.Errorf("%s is %s %s %s", topic, site, box, what)
	}
	for _, bad := range []string{"", "eastgate/v1/a/b", "eastgate/v1/a/b/c/d", "eastgate/v2/a/b/c", "eastgate/v1//b/c"} {
		if _, _, _, ok := ParseTopic(bad); ok {
			t.Errorf("taken: %q", bad)
		}
	}
}

func TestStatusAndHealth(t *testing.T) {
	if _, err := DecodeStatus([]byte(`{"online":true,"epoch":"` + epoch + `"}`)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{`{}`, `nonsense`} {
		if _, err := DecodeStatus([]byte(bad)); err == nil {
			t.Errorf("status taken: %s", bad)
		}
	}
	for _, bad := range []string{`[]`, `{"cameras":[{"camera":"No Name"}]}`, `{"sensors":[{"sensor":"No Name"}]}`, `{"sensors":[` + strings.Repeat(`{"sensor":"a"},`, MaxSensors) + `{"sensor":"a"}]}`} {
		if _, err := DecodeHealth([]byte(bad)); err == nil {
			t.Errorf("health taken: %s", bad)
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(batch(f, sample()))
	f.Add([]byte(`[{"id":1}]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		items, _, err := DecodeBatch(payload, "garden", "gate-1")
		if err != nil {
			return
		}
		for _, it := range items { // what passes can be stored and sent again
			if _, err := EncodeEvent(&it.Event); err != nil {
				t.Errorf("what was taken cannot be encoded: %v", err)
			}
		}
	})
}

func FuzzDecodeHello(f *testing.F) {
	f.Add([]byte(`{"epoch":"` + epoch + `","streams":[{"priority":1,"first":1,"next":1,"kept":1}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, err := DecodeHello(payload)
		for _, s := range h.Streams {
			if err == nil && (s.Kept > s.First || s.First > s.Next || s.Next > MaxSequence) {
				t.Errorf("taken: %+v", s)
			}
		}
	})
}

func FuzzDecodeAck(f *testing.F) {
	f.Add([]byte(`{"epoch":"` + epoch + `","ranges":[{"priority":1,"first":1,"last":4}]}`))
	f.Fuzz(func(_ *testing.T, payload []byte) {
		DecodeAck(payload)
		DecodeStatus(payload)
		DecodeHealth(payload)
	})
}

func BenchmarkEncode(b *testing.B) {
	e := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeEvent(&e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBatch50(b *testing.B) {
	events := make([]event.Event, 50)
	for i := range events {
		events[i] = sample()
	}
	payload := batch(b, events...)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := DecodeBatch(payload, "garden", "gate-1"); err != nil {
			b.Fatal(err)
		}
	}
}
