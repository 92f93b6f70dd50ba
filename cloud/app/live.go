package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/command"
	"eastgate/cloud/identity"
	"eastgate/cloud/live"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// liveLife is how long a box may take to hear that somebody watches: it is asked again.
const liveLife = 20 * time.Second

// openLive joins those who watch with boxes.
func (c *Cloud) openLive(door web.Door, speak *api.API) *live.Hub {
	source := func(n live.Camera) event.Source { return event.NewSource(n.Site, n.Box, n.Name) }
	return live.NewHub(live.Options{
		Ask: func(n live.Camera, a wire.LiveStart) error {
			return c.commands.Tell(command.Order{Site: n.Site, Box: n.Box, Name: "live_start", Args: a, TTL: liveLife, By: "live"})
		},
		Box: identity.Name,
		Allow: func(r *http.Request, n live.Camera, h live.Hello) string {
			s, err := whole(door, r)
			if err == nil {
				err = c.known(r.Context(), n, speak.Watch(r.Context(), s.User, source(n), h.Purpose, h.Reason, web.From(r)))
			}
			return c.noticeOf(err)
		},
		Holds: func(r *http.Request, n live.Camera) bool {
			s, err := whole(door, r)
			return err == nil && speak.MayWatch(s.User, source(n))
		},
		Metrics: live.NewMetrics(c.reg), Log: c.log,
	})
}

// whole is a session that lacks no second factor.
func whole(door web.Door, r *http.Request) (access.Session, error) {
	s, err := door.Session(r)
	if err == nil && s.Half(time.Now()) {
		err = access.ErrCredentials
	}
	return s, err
}

// errNoBox says that a camera's box is not enrolled.
var errNoBox = errors.New("no box of that name is enrolled")

// known adds to what somebody may that there must be such a box.
func (c *Cloud) known(ctx context.Context, n live.Camera, may error) error {
	if may != nil {
		return may
	}
	all, err := c.boxes.List(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Site == n.Site && b.Box == n.Box && b.Revoked == nil {
			return nil
		}
	}
	return errNoBox
}

// noticeOf is why somebody may not watch, in the words of the wire.
func (c *Cloud) noticeOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, access.ErrCredentials):
		return wire.NoticeSession
	case errors.Is(err, register.ErrReason):
		return wire.NoticeReason
	case errors.Is(err, access.ErrForbidden):
		return wire.NoticeForbidden
	case errors.Is(err, errNoBox):
		return wire.NoticeNotFound
	}
	c.log.Error("nobody can watch: the database does not answer", "err", err)
	return wire.NoticeGone
}
