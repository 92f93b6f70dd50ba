package notify

import (
	"errors"
	"time"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/event"
)

// How long a message waits before it is tried again: twice as long each time, up to
// this.
const (
	firstWait  = time.Second
	urgentWait = 10 * time.Second
	otherWait  = 5 * time.Minute
	// giveUp is when a message that nobody takes has failed.
	giveUp = 24 * time.Hour
	// triesOfOne is how often one recipient is tried whom a provider refuses for now.
	triesOfOne = 10
)

// asError makes a channel's error of any.
func asError(err error) *channel.Error {
	var e *channel.Error
	if !errors.As(err, &e) {
		e = &channel.Error{Class: channel.Retry, Maybe: true, Text: channel.Cut(err.Error(), 200), Do: channel.Network}
	}
	return e
}

// fate is what becomes of a message after a try.
func (w *worker) fate(m Message, err error) Fate {
	f, now := m.Fate, w.now().Truncate(time.Millisecond)
	f.Error, f.Code, f.Fault, f.Do = "", "", "", ""
	if err == nil {
		f.State, f.SentAt = Sent, &now
		return f
	}
	e := asError(err)
	f.Error, f.Code, f.Fault, f.Do = e.Class, e.Code, e.Text, e.Do
	f.State = Waiting
	switch {
	case e.Maybe && m.Level != event.Urgent:
		f.State = Unclear // at most once
	case e.Class == channel.Permanent, now.Sub(m.Made) > giveUp, e.One && m.Tries >= triesOfOne:
		f.State = Failed
	case e.Class == channel.Blocked:
		f.Due = now.Add(e.After)
	default:
		f.Due = now.Add(pause(m.Tries, m.Level))
	}
	f.Repeat = f.Repeat || e.Maybe && f.State == Waiting
	return f
}

// pause is how long a message waits after so many tries.
func pause(tries int, l event.Level) time.Duration {
	most := otherWait
	if l == event.Urgent {
		most = urgentWait
	}
	return min(firstWait<<min(max(tries-1, 0), 20), most)
}

// judge notes how the robot is after a try.
func (w *worker) judge(err error) {
	now := w.now().UTC().Truncate(time.Millisecond)
	if err == nil {
		w.cond, w.fails, w.rest = Condition{SucceededAt: &now, FailedAt: w.cond.FailedAt}, 0, time.Time{}
		w.m.blocked.WithLabelValues(w.robot.Name).Set(0)
		return
	}
	e := asError(err)
	w.log.Warn("a message was not taken", "robot", w.robot.Name, "class", e.Class, "maybe", e.Maybe, "code", e.Code, "said", e.Text)
	w.m.errors.WithLabelValues(w.robot.Name, string(e.Class)).Inc()
	if e.One {
		return // it says nothing of the robot
	}
	w.cond.FailedAt, w.cond.Error, w.cond.Code, w.cond.Fault, w.cond.Do = &now, e.Class, e.Code, e.Text, e.Do
	w.fails++
	switch e.Class {
	case channel.Blocked:
		until := now.Add(e.After)
		w.cond.BlockedUntil = &until
		w.m.blocked.WithLabelValues(w.robot.Name).Set(1)
	case channel.Retry:
		w.rest = now.Add(pause(w.fails, event.Minor))
	}
}

// unreachable is after how many tries in vain level 1 goes another way too.
const unreachable = 3

// instead is the message of level 1 for the robot that stands in for one that fails:
// when it is refused, shut out, or cannot be reached.
func (w *worker) instead(m Message, err error) (Message, bool) {
	other, known := w.robots[w.robot.Instead]
	if err == nil || !known || other.Persons != w.robot.Persons || m.Level != event.Urgent {
		return m, false
	}
	if e := asError(err); e.Class == channel.Retry && m.Tries < unreachable {
		return m, false
	}
	m.ID, m.Robot, m.Handles = event.NewID(), other.Name, nil
	m.Fate = Fate{State: Waiting, Due: w.now()}
	return m, true
}
