//go:build !nocv

package app

import (
	"fmt"
	"testing"

	"eastgate/shared/event"
)

func TestACameraLearnsFromAFalseAlarm(t *testing.T) {
	b := boxOf(t, t.TempDir())
	until(t, "the camera runs", func() bool { return b.runs("yard") })
	before := b.lenses.get("yard")
	args := fmt.Appendf(nil, `{"camera":"yard","kind":"fire.visual","episode":%q,"box":[0.1,0.1,0.2,0.2],"by":"chen"}`, event.NewID())
	for range 2 { // a repeat teaches nothing
		answer, err := b.learn(t.Context(), args)
		if l, ok := answer.(learnt); err != nil || !ok || len(l.Lessons) != 1 || l.Lessons[0].By != "chen" {
			t.Fatalf("answered %+v, %v", answer, err)
		}
	}
	until(t, "it looks with what it has learnt", func() bool { return b.lenses.get("yard") != before })
	if d := b.lessons.Over("yard", b.settings.Camera("yard").Detect); len(d.Fire.Doubts) != 1 {
		t.Errorf("%+v", d.Fire)
	}
	answer, err := b.taught(t.Context(), []byte(`{"camera":"yard"}`))
	if l, ok := answer.(learnt); err != nil || !ok || len(l.Lessons) != 1 {
		t.Errorf("asked what it has learnt: %+v, %v", answer, err)
	}
	for bad, args := range map[string]string{
		"tampering":     `{"camera":"yard","kind":"device.tamper","episode":"e"}`,
		"no episode":    `{"camera":"yard","kind":"fire.visual"}`,
		"no such place": `{"camera":"pond","kind":"fire.visual","episode":"e"}`,
	} {
		if _, err := b.learn(t.Context(), []byte(args)); err == nil {
			t.Errorf("%s is learnt", bad)
		}
	}
	if _, err := b.forget(t.Context(), []byte(`{"camera":"yard"}`)); err != nil || len(b.lessons.Lessons("yard")) != 0 {
		t.Errorf("not forgotten: %v", err)
	}
}
