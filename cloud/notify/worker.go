package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"eastgate/cloud/incident"
	"eastgate/cloud/notify/channel"
	"eastgate/shared/event"
	"eastgate/shared/retry"
)

// A worker sends what one robot has to say, so that a slow one holds no other up.
type worker struct {
	*Runner
	robot  Robot
	holder string
	bucket *bucket
	cond   Condition
	rest   time.Time // nothing of levels 2 to 4 before
	fails  int       // in a row
}

func (r *Runner) worker(robot Robot, holder string) *worker {
	return &worker{Runner: r, robot: robot, holder: holder}
}

func (w *worker) run(ctx context.Context) {
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second}
	for ctx.Err() == nil {
		next, err := w.turn(ctx)
		if err != nil {
			if ctx.Err() == nil {
				w.m.failures.Inc()
				w.log.Error("messages cannot be sent; tried again", "robot", w.robot.Name, "err", err)
				backoff.Wait(ctx)
			}
			continue
		}
		backoff.Reset()
		wait := lookEvery * 10
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(w.now()), 0))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.wakes[w.robot.Name]:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// recall makes the budget of a worker that has just begun: what was sent before a
// restart counts.
func (w *worker) recall(ctx context.Context) error {
	if w.bucket != nil {
		return nil
	}
	taken, err := w.store.TriedSince(ctx, w.robot.Name, w.now().Add(-keep(w.robot.Limits)))
	if err != nil {
		return err
	}
	all, err := w.store.RobotConditions(ctx)
	if err != nil {
		return err
	}
	w.cond, w.bucket = all[w.robot.Name], newBucket(w.robot, taken)
	return nil
}

// turn sends one message or digest at most, and returns when there is more to do;
// zero when nothing waits.
func (w *worker) turn(ctx context.Context) (next time.Time, err error) {
	if err := w.recall(ctx); err != nil {
		return next, err
	}
	now := w.now()
	if w.cond.BlockedUntil != nil && w.cond.BlockedUntil.After(now) {
		return *w.cond.BlockedUntil, nil
	}
	waiting, err := w.store.DueMessages(ctx, w.robot.Name, now, batch)
	if err != nil {
		return next, err
	}
	if len(waiting) == 0 {
		next, _, err = w.store.NextDueMessage(ctx, w.robot.Name)
		return next, err
	}
	left, err := w.sift(ctx, waiting, now)
	if err != nil || len(left) == 0 {
		return now, err
	}
	some, next := w.choose(left, now)
	if len(some) == 0 {
		return next, nil
	}
	return now, w.send(ctx, some, len(some) > 1)
}

// choose returns the one message that is sent next, or those of a digest; or none,
// and when there will be a token.
func (w *worker) choose(waiting []Message, now time.Time) (some []Message, next time.Time) {
	urgent := waiting[0].Level == event.Urgent
	if !urgent && w.rest.After(now) {
		return nil, w.rest
	}
	free, more := w.bucket.free(now, urgent)
	if free == 0 {
		return nil, more
	}
	var mates []Message // who could share its message
	for _, m := range waiting {
		if m.Recipient == waiting[0].Recipient && (m.Level == event.Urgent) == urgent {
			mates = append(mates, m)
		}
	}
	// A level-1 message stands alone while there is room for each: it has a link of its
	// own. But none waits a minute for a token.
	if urgent && len(mates) > free || !urgent && len(mates) > w.digestOver {
		return mates, next
	}
	return waiting[:1], next
}

// tooOld is when news of levels 2 to 4 is none any more.
const tooOld = 24 * time.Hour

// sift takes out of what waits whatever is not needed any more, or must be quiet.
func (w *worker) sift(ctx context.Context, waiting []Message, now time.Time) (left []Message, err error) {
	fates, stands := map[string]Fate{}, map[string]incident.Incident{}
	for _, m := range waiting {
		i, known := stands[m.Incident]
		if !known {
			if i, err = w.incidents.Get(ctx, m.Incident); err != nil {
				return nil, err
			}
			stands[m.Incident] = i
		}
		why, err := w.moot(ctx, m, i, now)
		if err != nil {
			return nil, err
		}
		f := m.Fate
		if until := w.quiet.until(now, m.Level); why == "" && until.After(now) {
			f.Due = until
		} else if why != "" {
			f.State, f.Why = Dropped, why
		} else {
			left = append(left, m)
			continue
		}
		fates[m.ID] = f
		w.m.done(m, f)
	}
	if len(fates) > 0 {
		return left, w.store.SetFates(ctx, fates, nil)
	}
	return left, nil
}

// moot says why a message is not needed any more.
func (w *worker) moot(ctx context.Context, m Message, i incident.Incident, now time.Time) (string, error) {
	switch m.Kind {
	case Page, News:
		switch {
		case !slices.Contains(untried, i.State):
			return "it was verified before", nil
		case i.TakenBy != "":
			return "somebody looks after it", nil
		}
	case Next, Everyone:
		if i.TakenBy != "" && slices.Contains(untried, i.State) {
			return "somebody looks after it", nil
		}
	}
	if m.Reminder > 0 {
		r, err := w.reminders.Reminders(ctx, m.Reminder-1, 1)
		if err != nil {
			return "", err
		}
		if len(r) == 1 && r[0].Position == m.Reminder && r[0].SettledAt != nil {
			return "the step was done before", nil
		}
	}
	if m.Level != event.Urgent && now.Sub(m.Made) > tooOld {
		return "it could not be sent for a day", nil
	}
	return "", nil
}

// send sends messages, as one when it is a digest, and writes down what came of it.
// Before it goes out, the database knows that it is on its way.
func (w *worker) send(ctx context.Context, some []Message, digest bool) error {
	ids, fates := make([]string, len(some)), map[string]Fate{}
	for n, m := range some {
		ids[n] = m.ID
	}
	now := w.now().Truncate(time.Millisecond)
	if err := w.store.ClaimMessages(ctx, w.holder, now, ids); err != nil {
		if errors.Is(err, ErrTaken) {
			return nil // another sends them
		}
		return err
	}
	// What is claimed is finished even when the cloud is told to stop.
	ctx = context.WithoutCancel(ctx)
	receipt, err := w.say(ctx, some, digest)
	w.bucket.take(now)
	w.judge(err)
	var add []Message
	for _, m := range some {
		m.Tries, m.Tried = m.Tries+1, &now
		if digest {
			m.Digest, m.Lead = len(some), some[0].ID
		}
		f := w.fate(m, err)
		if err == nil {
			f.Receipt = receipt.ID
		}
		fates[m.ID] = f
		w.m.done(m, f)
		if other, ok := w.instead(m, err); ok {
			add = append(add, other)
		}
	}
	return w.record(ctx, fates, add)
}

// record writes down what became of messages, however long the database takes: what
// was sent must not be sent again.
func (w *worker) record(ctx context.Context, fates map[string]Fate, add []Message) error {
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second}
	for n := 0; ; n++ {
		err := w.store.SetFates(ctx, fates, add)
		if err == nil {
			err = w.store.SetRobotCondition(ctx, w.robot.Name, w.cond)
		}
		if err == nil {
			if len(add) > 0 {
				w.wakeAll()
			}
			return nil
		}
		if n == 10 { // the row says that it was being sent: who starts next decides
			return err
		}
		w.log.Error("what became of a message cannot be written down; tried again", "robot", w.robot.Name, "err", err)
		backoff.Wait(ctx)
	}
}

// say puts messages into words and hands them over.
func (w *worker) say(ctx context.Context, some []Message, digest bool) (channel.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	var out channel.Message
	if digest {
		out = w.text.digest(some, w.publicURL)
	} else {
		link, err := w.link(ctx, some[0])
		if err != nil {
			return channel.Receipt{}, &channel.Error{Class: channel.Retry, Text: "its link cannot be kept: " + err.Error(), Do: channel.Wait}
		}
		out = w.text.one(some[0], link)
	}
	out.Key, out.Mention = some[0].ID, some[0].Handles
	if w.robot.Persons {
		number, err := w.directory.Dial(ctx, some[0].Contact, some[0].Number)
		switch {
		case err != nil:
			return channel.Receipt{}, &channel.Error{Class: channel.Retry, One: true, Text: "the number cannot be read: " + err.Error(), Do: channel.Number}
		case number == "":
			return channel.Receipt{}, &channel.Error{Class: channel.Permanent, One: true, Text: "the contact has no number", Do: channel.Number}
		}
		out.To = number
	}
	return w.robot.Sender.Send(ctx, out)
}
