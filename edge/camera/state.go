package camera

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// The words for a camera's state.
const (
	Connecting  = "connecting"
	Online      = "online"
	Unreachable = "unreachable" // nothing answers at its address
	Credentials = "credentials" // it answers and refuses user or password
	Unsupported = "unsupported" // it offers no stream that can be read
	Stalled     = "stalled"     // connected, but no pictures come
	Broken      = "broken"      // it answers, but not as RTSP asks
)

// A State is how a camera is, with a reason for people.
type State struct {
	Word   string
	Reason string // empty when online
	Since  time.Time
}

// explain puts an error into a word and a sentence that says what to do.
func (c *Camera) explain(err error) State {
	s := State{Word: Broken, Reason: fmt.Sprintf("%s: %v", Redact(c.cfg.URL), err)}
	var status liberrors.ErrClientBadStatusCode
	var auth liberrors.ErrClientAuthSetup
	var noVideo errNoVideo
	var network net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &auth),
		errors.As(err, &status) && (status.Code == base.StatusUnauthorized || status.Code == base.StatusForbidden):
		s.Word = Credentials
		s.Reason = fmt.Sprintf("%s refuses user %q: check username and password; tried again once a minute", Redact(c.cfg.URL), c.cfg.Username)
	case errors.As(err, &status) && status.Code == base.StatusNotFound:
		s.Reason = fmt.Sprintf("%s: the camera knows no such stream: check the path", Redact(c.cfg.URL))
	case errors.As(err, &noVideo):
		s.Word = Unsupported
	case errors.Is(err, errStalled), errors.As(err, new(liberrors.ErrClientTCPTimeout)), errors.As(err, new(liberrors.ErrClientUDPTimeout)):
		s.Word = Stalled
		s.Reason = fmt.Sprintf("%s: connected, but no picture came for %v", Redact(c.cfg.URL), c.cfg.stallAfter())
	case errors.As(err, &dns):
		s.Word = Unreachable
		s.Reason = fmt.Sprintf("%s: the name %q is not known: check the address", Redact(c.cfg.URL), dns.Name)
	case errors.As(err, new(*net.OpError)), errors.As(err, &network), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, new(liberrors.ErrClientRequestTimedOut)):
		s.Word = Unreachable
		s.Reason = fmt.Sprintf("nothing answers at %s: check power, network and address (%v)", Redact(c.cfg.URL), err)
	}
	return s
}

func (c Config) stallAfter() time.Duration {
	if c.StallAfter == 0 {
		return DefaultConfig().StallAfter
	}
	return c.StallAfter
}

func refusesTCP(err error) bool {
	var status liberrors.ErrClientBadStatusCode
	return errors.As(err, new(liberrors.ErrClientServerRequestedUDP)) ||
		errors.As(err, &status) && status.Code == base.StatusUnsupportedTransport
}
