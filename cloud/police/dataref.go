package police

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
	"eastgate/shared/trust"
)

// Evidence lets the police fetch one picture of an incident, once, at a door of its
// own that only their certificates open. It is off unless it is configured, and the
// agreement must name the picture besides.
type Evidence struct {
	Listen    string // host:port of the door
	PublicURL string // https:// as the police reach it
	Cert, Key string // of the door, PEM
	ClientCA  string // who signed the certificates that may come in
	TTL       time.Duration
	// Open gives the picture of a hash.
	Open func(sha256 string) (io.ReadCloser, error)
}

// A Link is what a token opens, once.
type Link struct {
	Hash     string    `json:"-"` // of the token, which is nowhere but in the message
	Incident string    `json:"incident"`
	Number   string    `json:"number"`
	SHA256   string    `json:"sha256"` // of the picture
	Media    string    `json:"media"`
	Agreed   string    `json:"agreement"`
	Expires  time.Time `json:"expires"`
}

// ErrLink says that a link was used, is too old, or never was. Which of these is
// nobody's business who does not know it.
var ErrLink = errors.New("the link does not hold: it was used, is too old, or never was")

const linkPath = "/police/evidence/"

// dataRef makes a link to an incident's picture; none when that is off, not agreed,
// or there is none.
func (b *Bridge) dataRef(ctx context.Context, t sharing.Telling, i incident.Incident) (string, error) {
	e := b.o.Evidence
	if _, agreed := t.Fields["snapshot"]; e == nil || !agreed || i.Snapshot == "" {
		return "", nil
	}
	var word [32]byte
	rand.Read(word[:]) //nolint:errcheck // it never fails
	token := base64.RawURLEncoding.EncodeToString(word[:])
	l := Link{Hash: hashOf(token), Incident: i.ID, Number: i.Number, SHA256: i.Snapshot, Media: "image/jpeg", Agreed: t.Agreement, Expires: b.now().Add(e.TTL)}
	if err := b.o.Store.PutPoliceLink(ctx, l); err != nil {
		return "", err
	}
	return strings.TrimSuffix(e.PublicURL, "/") + linkPath + token, nil
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Serve keeps the door for links open until ctx ends; without one configured it only
// waits.
func (b *Bridge) Serve(ctx context.Context) error {
	e := b.o.Evidence
	if e == nil {
		<-ctx.Done()
		return nil
	}
	l, err := e.listen()
	if err != nil {
		return fmt.Errorf("police.evidence: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+linkPath+"{token}", b.fetch)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: ioTimeout, WriteTimeout: time.Minute, MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("police.evidence: %w", err)
	}
	return nil
}

func (e *Evidence) listen() (net.Listener, error) {
	own, err := tls.LoadX509KeyPair(e.Cert, e.Key)
	if err != nil {
		return nil, err
	}
	pool, err := trust.Pool(e.ClientCA)
	if err != nil {
		return nil, err
	}
	return tls.Listen("tcp", e.Listen, &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	})
}

// Who fetches says so in these headers (Decree 799 art. 16(2): unit, name, reason).
const (
	unitHeader   = "X-Requester-Unit"
	nameHeader   = "X-Requester-Name"
	reasonHeader = "X-Requester-Reason"
)

// fetch gives a picture out once. The row of the register is committed before a byte
// of it is.
func (b *Bridge) fetch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	entry := register.Entry{
		Who: r.TLS.PeerCertificates[0].Subject.CommonName, Person: r.Header.Get(nameHeader), Unit: r.Header.Get(unitHeader), Reason: r.Header.Get(reasonHeader),
		Act: register.Snapshot, Object: "police/link", Purpose: "authority", From: r.RemoteAddr, Basis: "one-time link",
	}
	if entry.Person == "" || entry.Unit == "" || entry.Reason == "" {
		http.Error(w, fmt.Sprintf("say who asks and why: %s, %s and %s are needed", unitHeader, nameHeader, reasonHeader), http.StatusBadRequest)
		return
	}
	l, err := b.o.Store.ClaimPoliceLink(r.Context(), hashOf(r.PathValue("token")), b.now())
	if err != nil {
		entry.Result, entry.Detail = register.Denied, ErrLink.Error()
		b.refuse(w, r, entry, err)
		return
	}
	entry.Object, entry.Case, entry.Agreement, entry.Fields = "picture/"+l.SHA256, l.Number, l.Agreed, []string{"snapshot"}
	if err := b.o.Register.Write(r.Context(), entry); err != nil {
		b.refuse(w, r, entry, err)
		return
	}
	picture, err := b.o.Evidence.Open(l.SHA256)
	if err != nil {
		b.o.Log.Error("a picture that a link promises cannot be read", "incident", l.Number, "err", err)
		http.Error(w, "the picture is not here any more", http.StatusGone)
		return
	}
	defer picture.Close()
	b.o.Metrics.fetches.Inc()
	w.Header().Set("Content-Type", l.Media)
	io.Copy(w, picture) //nolint:errcheck // who fetches has gone
}

func (b *Bridge) refuse(w http.ResponseWriter, r *http.Request, entry register.Entry, err error) {
	if !errors.Is(err, ErrLink) {
		b.o.Log.Error("a link cannot be served", "err", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	if err := b.o.Register.Write(r.Context(), entry); err != nil {
		b.o.Log.Error("a refusal cannot be written down", "err", err)
	}
	http.Error(w, ErrLink.Error(), http.StatusGone)
}
