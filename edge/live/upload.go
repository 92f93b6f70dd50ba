package live

import (
	"context"
	"time"

	"github.com/coder/websocket"

	"eastgate/shared/wire"
)

// An upload is one camera on its way to the cloud.
type upload struct {
	p      *Publisher
	conn   *websocket.Conn
	camera string
	seq    uint32 // of stills
}

// run sends until the cloud closes, or ctx ends.
func (u *upload) run(ctx context.Context, a wire.LiveStart) error {
	source := u.p.cfg.Camera(a.Camera)
	switch {
	case u.p.cfg.Uploads == 0:
		return u.refuse(ctx, wire.Notice{Code: wire.NoticeOff})
	case source == nil:
		return u.refuse(ctx, wire.Notice{Code: wire.NoticeNoCamera})
	case !u.p.take():
		return u.refuse(ctx, wire.Notice{Code: wire.NoticeTooMany})
	}
	defer u.p.give()
	if u.p.cfg.Private(a.Camera) {
		if err := u.notice(ctx, wire.Notice{Code: wire.NoticePrivate}); err != nil {
			return err
		}
		a.Stills = true
	}
	if a.Stills {
		return u.stills(ctx)
	}
	return u.pictures(ctx, source)
}

// quiet is how long a camera may send nothing before who watches is told.
const quiet = 3 * time.Second

// pictures sends moving pictures, and stills of a camera whose codec cannot be sent.
func (u *upload) pictures(ctx context.Context, source *Source) error {
	t := source.tap()
	defer t.close()
	beat := time.NewTicker(quiet)
	defer beat.Stop()
	var f reel
	last, pinged := time.Now(), time.Now()
	for {
		p, skipped := t.next()
		if p == nil {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-t.wake:
			case <-beat.C:
				if err := u.quiet(ctx, &last, &pinged); err != nil {
					return err
				}
			}
			continue
		}
		last = time.Now()
		u.p.m.skipped.Add(float64(skipped))
		if u.p.cfg.Private(u.camera) { // since a moment ago
			return u.refuse(ctx, wire.Notice{Code: wire.NoticePrivate})
		}
		messages, err := f.next(p, skipped > 0)
		if err != nil {
			if err := u.notice(ctx, wire.Notice{Code: wire.NoticeCodec, Detail: err.Error()}); err != nil {
				return err
			}
			return u.stills(ctx)
		}
		for _, m := range messages {
			if err := u.send(ctx, m); err != nil {
				return err
			}
		}
	}
}

// quiet says that the camera sends nothing, and makes sure that the cloud is there.
func (u *upload) quiet(ctx context.Context, last, pinged *time.Time) error {
	if time.Since(*pinged) >= pingEvery {
		*pinged = time.Now()
		wait, stop := context.WithTimeout(ctx, writeWait)
		defer stop()
		if err := u.conn.Ping(wait); err != nil {
			return err
		}
	}
	if time.Since(*last) < quiet {
		return nil
	}
	*last = time.Now()
	return u.notice(ctx, wire.Notice{Code: wire.NoticeDark})
}

// stillEvery is how often a still goes out where no moving pictures do.
const stillEvery = 2 * time.Second

func (u *upload) stills(ctx context.Context) error {
	tick := time.NewTicker(stillEvery)
	defer tick.Stop()
	for {
		wait, stop := context.WithTimeout(ctx, writeWait)
		picture, taken, err := u.p.cfg.Still(wait, u.camera)
		stop()
		if err != nil {
			err = u.notice(ctx, wire.Notice{Code: wire.NoticeDark, Detail: err.Error()})
		} else {
			u.seq++
			h := wire.LiveHeader{Kind: wire.LiveStill, Flags: wire.LiveKey, Seq: u.seq, Captured: taken}
			err = u.send(ctx, append(h.Append(make([]byte, 0, wire.LiveHeaderBytes+len(picture))), picture...))
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (u *upload) notice(ctx context.Context, n wire.Notice) error {
	return u.send(ctx, wire.LiveNoticeMessage(n))
}

// refuse tells why nothing comes, and hangs up.
func (u *upload) refuse(ctx context.Context, n wire.Notice) error {
	if err := u.notice(ctx, n); err != nil {
		return err
	}
	return u.conn.Close(websocket.StatusNormalClosure, n.Code)
}

func (u *upload) send(ctx context.Context, m []byte) error {
	wait, stop := context.WithTimeout(ctx, writeWait)
	defer stop()
	if err := u.conn.Write(wait, websocket.MessageBinary, m); err != nil {
		return err
	}
	u.p.m.bytes.Add(float64(len(m)))
	return nil
}
