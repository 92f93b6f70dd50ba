package api

import (
	"testing"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

func TestWhatACameraIsTaught(t *testing.T) {
	box := event.Box{0.1, 0.1, 0.2, 0.2}
	plain := incident.Incident{
		ID: event.NewID(), Class: string(event.FireVisual), Site: "garden", Box: "gate-1", Device: "yard",
		FirstSource: string(incident.CameraAuto), Verdict: incident.Mistaken, Area: &box,
	}
	o, ok := lessonOf(incident.Incident{}, plain, "chen")
	args, _ := o.Args.(map[string]any)
	if !ok || o.Site != "garden" || o.Box != "gate-1" || o.Name != "learn" || args["camera"] != "yard" || args["episode"] != plain.ID || args["box"] != box {
		t.Errorf("taught %+v, %v", o, ok)
	}
	for name, change := range map[string]func(i *incident.Incident){
		"genuine":      func(i *incident.Incident) { i.Verdict = incident.Genuine },
		"harmless":     func(i *incident.Incident) { i.Verdict = incident.Harmless },
		"a test":       func(i *incident.Incident) { i.Test = true },
		"by a guard":   func(i *incident.Incident) { i.FirstSource = string(incident.ByGuard) },
		"tampering":    func(i *incident.Incident) { i.Class = string(event.Tamper) },
		"of no camera": func(i *incident.Incident) { i.Device = "" },
	} {
		i := plain
		change(&i)
		if _, ok := lessonOf(incident.Incident{}, i, "chen"); ok {
			t.Errorf("%s teaches", name)
		}
	}
	if _, ok := lessonOf(plain, plain, "chen"); ok {
		t.Error("what was found before teaches again")
	}
}
