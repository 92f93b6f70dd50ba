package seed

import (
	"strings"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// handle is steps two to four, from a confirmed case to a resolved one.
func (t *tale) handle(round int) {
	if round > 0 || t.class.Level != event.Urgent {
		t.assign(round)
	}
	t.accept()
	t.arrive()
	t.resolve()
}

// assign classifies, assesses and dispatches.
func (t *tale) assign(round int) {
	duty := watch(t.now)
	if round == 0 {
		t.wait(t.delay(4 * time.Minute))
		duty = watch(t.now)
		t.do(duty, incident.Command{Action: incident.Classify, Class: t.class.Key, Unit: t.unit})
	}
	t.assess(duty)
	t.wait(t.delay(2 * time.Minute))
	t.do(watch(t.now), incident.Command{Action: incident.Dispatch, HandlingUnit: t.unit, Handler: t.who.Name})
	if round == 0 && authorities[t.unit] && t.is(.15) && !t.ended {
		t.begin(t.now.Add(t.about(3*time.Minute, .5)), t.call)
	}
}

func (t *tale) assess(duty incident.Actor) {
	t.wait(t.delay(2 * time.Minute))
	who, level := duty, t.class.Level
	if level <= event.Serious {
		who = lead
	}
	t.do(who, incident.Command{Action: incident.Assess, Level: level, Reason: "按类别等级", Impact: pick(t.chance, []string{"Minor", "Minor", "Minor", "Moderate"})})
}

// accept is the handler's word; now and then it is "not ours".
func (t *tale) accept() {
	t.wait(t.limited(map[event.Level]time.Duration{1: 30 * time.Second, 2: 4 * time.Minute, 3: 14 * time.Minute, 4: 60 * time.Minute}[t.class.Level]))
	if t.class.Level != event.Urgent && t.is(.03) && !t.late(governance.SignIn) {
		t.do(t.who, incident.Command{Action: incident.Return, Reason: "不属于本单位职责"})
		t.wait(t.delay(10 * time.Minute))
		t.unit = "committee"
		t.who = handler(t.unit, t.IntN(2))
		t.do(watch(t.now), incident.Command{Action: incident.Classify, Class: t.class.Key, Unit: t.unit})
		t.assign(1)
		t.wait(t.limited(14 * time.Minute))
	}
	t.do(t.who, incident.Command{Action: incident.Accept})
}

func (t *tale) arrive() {
	t.wait(t.limited(map[event.Level]time.Duration{1: 2 * time.Minute, 2: 14 * time.Minute, 3: 34 * time.Minute, 4: 3 * time.Hour}[t.class.Level]))
	t.do(t.who, incident.Command{Action: incident.Arrive, Place: t.i.Place})
}

func (t *tale) resolve() {
	if t.class.Level >= event.Ordinary && t.is(.02) {
		t.suspend()
	}
	if t.is(.006) {
		t.force()
		return
	}
	t.wait(t.limited(time.Duration(t.x.rate.minutes * float64(time.Minute))))
	t.do(t.who, incident.Command{Action: incident.Resolve, Result: "已到场处置,现场恢复", NoPhoto: "演示数据"})
}

// suspend waits for a date that the lead has agreed to.
func (t *tale) suspend() {
	t.wait(t.delay(20 * time.Minute))
	until := t.now.AddDate(0, 0, 2+t.IntN(9))
	t.do(t.who, incident.Command{Action: incident.AskSuspend, Reason: "需等配件或天气", Until: &until})
	t.wait(t.delay(90 * time.Minute))
	t.do(lead, incident.Command{Action: incident.Suspend})
	t.wait(until.Sub(t.now) + 10*time.Minute)
	if t.ended {
		return
	}
	_, err := t.centre.Engine.Due(t.ctx) // the machine resumes what is due
	t.fail(err)
}

// force ends a case by order of two.
func (t *tale) force() {
	t.wait(t.delay(5 * time.Hour))
	t.do(lead, incident.Command{Action: incident.AskForceClose, Reason: "责任主体已变更,转入专项"})
	t.wait(t.delay(2 * time.Hour))
	t.do(supervisor, incident.Command{Action: incident.ForceClose})
	t.ended = true
}

// finish is steps five and six. It reports whether the case was reopened.
func (t *tale) finish() bool {
	checker := pick(t.chance, checkers)
	t.wait(t.office(t.about(5*time.Hour, .6)))
	for t.is(.05) && !t.ended {
		t.do(checker, incident.Command{Action: incident.Rework, Reason: "现场未恢复"})
		t.wait(t.limited(time.Duration(t.x.rate.minutes * float64(time.Minute) / 2)))
		t.do(t.who, incident.Command{Action: incident.Resolve, Result: "已返工处置", NoPhoto: "演示数据"})
		t.wait(t.office(t.about(3*time.Hour, .6)))
	}
	t.do(checker, incident.Command{Action: incident.Check})
	t.wait(t.office(t.about(4*time.Hour, .8)))
	t.do(checker, incident.Command{Action: incident.Review, CallBack: pick(t.chance, []string{"反映人满意", "无反映人", "反映人基本满意"}), Cause: pick(t.chance, []string{"人为疏忽", "设施老化", "管理不到位", "其他"})})
	if t.class.Level == event.Minor {
		t.wait(24*time.Hour + time.Duration(t.IntN(600))*time.Second)
		if !t.ended {
			_, err := t.centre.Engine.Due(t.ctx) // the machine closes what nobody objected to
			t.fail(err)
		}
	} else {
		t.wait(t.office(t.about(6*time.Hour, .8)))
		t.do(lead, incident.Command{Action: incident.Close})
	}
	if t.ended || !t.is(.015) {
		return false
	}
	t.wait(t.office(t.about(60*time.Hour, .8)))
	t.do(checker, incident.Command{Action: incident.Reopen, Reason: "回访时问题复发"})
	return !t.ended
}

// order is 点单—派单—接单—评单.
func (t *tale) order() {
	t.wait(t.office(t.about(30*time.Minute, .8)))
	t.do(watch(t.now), incident.Command{Action: incident.Dispatch, HandlingUnit: t.unit, Handler: t.who.Name})
	t.wait(t.office(t.about(50*time.Minute, .8)))
	if t.is(.04) {
		t.do(watch(t.now), incident.Command{Action: incident.Cancel, Reason: "点单人取消"})
		return
	}
	t.do(t.who, incident.Command{Action: incident.Accept})
	t.wait(t.office(t.about(time.Duration(t.x.rate.minutes*float64(time.Minute)), .6)))
	t.do(t.who, incident.Command{Action: incident.Finish, Result: "已完成"})
	t.wait(t.about(9*time.Hour, 1))
	t.do(watch(t.now), incident.Command{Action: incident.Rate, Rating: 3 + t.IntN(3)})
}

// Units that work around the clock, and units that work in shifts from 7 to 22; the
// others have office hours.
var (
	allDay = map[string]bool{"micro-fire": true, "police-station": true, "emergency-office": true}
	shifts = map[string]bool{"urban-office": true, "traffic-police": true}
)

// slower is a time as it was before the cameras were connected.
func (t *tale) slower(d time.Duration) time.Duration {
	if t.x.before {
		return d * 21 / 10
	}
	return d
}

// limited is how long a handler takes for a step. Ordinary matters wait for when
// their unit works.
func (t *tale) limited(median time.Duration) time.Duration {
	d := t.about(t.slower(median), .65)
	switch {
	case t.class.Level <= event.Serious || allDay[t.unit]:
		return d
	case shifts[t.unit] || strings.HasPrefix(t.unit, "property"):
		return t.morning(d, 22, 7)
	}
	return t.office(d)
}

// morning puts off to the morning what would be done at night.
func (t *tale) morning(d time.Duration, evening, morning int) time.Duration {
	at := t.now.Add(d).In(governance.Shanghai)
	if at.Hour() < evening && at.Hour() >= morning {
		return d
	}
	day := at
	if at.Hour() >= evening {
		day = at.AddDate(0, 0, 1)
	}
	next := time.Date(day.Year(), day.Month(), day.Day(), morning, 0, 0, 0, governance.Shanghai)
	return next.Sub(t.now) + t.about(20*time.Minute, .6)
}

// office is a time counted in working hours.
func (t *tale) office(d time.Duration) time.Duration {
	end, err := t.centre.Calendar.Add(t.now, governance.Limit{Duration: d, Clock: governance.Working})
	if err != nil {
		return d
	}
	return end.Sub(t.now)
}

func (t *tale) late(s governance.Step) bool {
	due, set := t.i.Deadlines[s]
	return set && !t.now.Before(due)
}
