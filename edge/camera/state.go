package camera

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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

// Words returns all words for a camera's state.
func Words() []string {
	return []string{Connecting, Online, Unreachable, Credentials, Unsupported, Stalled, Broken}
}

// A State is how a camera is, with a reason for people.
type State struct {
	Word   string
	Reason string    // what is the matter and what to do; empty when all is well
	Since  time.Time // when the word became true
}

// errNoVideo says that the camera offers nothing that we can read.
type errNoVideo struct{ offers string }

func (e errNoVideo) Error() string { return "it offers " + e.offers }

// errPassword says that our own copy of the password cannot be had.
type errPassword struct{ err error }

func (e errPassword) Error() string { return e.err.Error() }
func (e errPassword) Unwrap() error { return e.err }

// explain puts an error into a word and a sentence that says what to do.
func explain(cfg Config, err error) State {
	word, say := explainNetwork(err)
	if word == "" {
		word, say = explainAnswer(cfg, err)
	}
	return State{Word: word, Reason: Redact(cfg.URL) + ": " + say}
}

// explainNetwork tells why there is no connection; it returns no word where
// there is one.
func explainNetwork(err error) (word, say string) {
	var dns *net.DNSError
	var op *net.OpError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return Unreachable, fmt.Sprintf("the name %q is not known: check the address, or the box's name server", dns.Name)
	case errors.As(err, &op) && op.Op == "dial":
		return Unreachable, fmt.Sprintf("nothing answers: check power, network and address (%v)", op.Err)
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(x509.HostnameError)):
		return Broken, fmt.Sprintf("its certificate is not trusted: set ca_file to the authority that signed it (%v)", err)
	case errors.As(err, &record):
		return Broken, "it does not answer in TLS: use rtsp:// or the port of its RTSPS service"
	}
	return "", ""
}

// explainAnswer tells what is wrong with a camera that can be reached.
func explainAnswer(cfg Config, err error) (word, say string) {
	var status liberrors.ErrClientBadStatusCode
	answered := errors.As(err, &status)
	switch {
	case errors.As(err, new(errPassword)):
		return Credentials, fmt.Sprintf("our copy of its password cannot be read: %v", err)
	case errors.As(err, new(liberrors.ErrClientAuthSetup)),
		answered && (status.Code == base.StatusUnauthorized || status.Code == base.StatusForbidden):
		return Credentials, fmt.Sprintf("it refuses %s: check username and password; tried again once a minute, so that it does not lock the account", cfg.user())
	case answered && status.Code == base.StatusNotFound:
		return Broken, "it knows no such stream: check the path"
	case answered:
		return Broken, fmt.Sprintf("it answers %d %s: check its settings, or restart it", status.Code, status.Message)
	case errors.As(err, new(errNoVideo)):
		return Unsupported, fmt.Sprintf("%v: set its stream to H.264 (or H.265)", err)
	case errors.Is(err, errKeyless):
		return Unsupported, fmt.Sprintf("it sends pictures, but no key picture in %v: set its key-picture (I-frame) interval to 2 s and turn intra refresh off", keyless)
	case errors.Is(err, errStalled):
		return Stalled, fmt.Sprintf("it is connected, but no picture came for %v: look whether it is busy with too many viewers, or restart it", cfg.stallAfter())
	case errors.Is(err, errSilent):
		return Broken, fmt.Sprintf("it takes connections but answers nothing in %v: check the port and whether it is the one for rtsp or rtsps, or restart it", requestLimit)
	case errors.Is(err, io.EOF):
		return Broken, "it ended the connection: look whether it restarts or has too many viewers, and check that the address is the camera's"
	}
	return Broken, fmt.Sprintf("it does not keep to RTSP: check that the address is the camera's and the port its RTSP service (%v)", err)
}

func refusesTCP(err error) bool {
	var status liberrors.ErrClientBadStatusCode
	return errors.As(err, new(liberrors.ErrClientServerRequestedUDP)) ||
		errors.As(err, &status) && status.Code == base.StatusUnsupportedTransport
}
