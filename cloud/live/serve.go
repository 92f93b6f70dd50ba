package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"eastgate/shared/congestion"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// tuned is a connection that shows the present on lines that lose packets.
type tuned struct {
	http.ResponseWriter
	failed func(error)
}

func (t tuned) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err == nil {
		congestion.Set(conn, t.failed)
	}
	return conn, rw, err
}

const (
	helloWait  = 10 * time.Second
	helloBytes = 4 << 10
)

// watch answers a browser. Its words come as notices: a browser cannot read why a
// WebSocket was refused.
func (h *Hub) watch(w http.ResponseWriter, r *http.Request) {
	c := Camera{Site: r.PathValue("site"), Box: r.PathValue("box"), Name: r.PathValue("camera")}
	if !event.ValidName(c.Site) || !event.ValidName(c.Box) || !event.ValidName(c.Name) {
		http.NotFound(w, r)
		return
	}
	conn, err := websocket.Accept(tuned{w, h.noBBR}, r, nil) // from our own pages only
	if err != nil {
		return // it has been answered
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	hello, err := listen(r.Context(), conn)
	if err != nil {
		conn.Close(websocket.StatusPolicyViolation, "say purpose and reason first") //nolint:errcheck // it is over
		return
	}
	c.Stills = hello.Stills
	if code := h.o.Allow(r, c, hello); code != "" {
		refuse(r.Context(), conn, code)
		return
	}
	v, ok := h.join(c)
	if !ok {
		refuse(r.Context(), conn, wire.NoticeFull)
		return
	}
	defer h.leave(v)
	h.show(conn.CloseRead(r.Context()), r, conn, v)
}

func listen(ctx context.Context, conn *websocket.Conn) (Hello, error) {
	conn.SetReadLimit(helloBytes)
	ctx, stop := context.WithTimeout(ctx, helloWait)
	defer stop()
	var hello Hello
	_, data, err := conn.Read(ctx)
	if err != nil {
		return hello, err
	}
	return hello, json.Unmarshal(data, &hello)
}

func refuse(ctx context.Context, conn *websocket.Conn, code string) {
	ctx, stop := context.WithTimeout(ctx, writeWait)
	defer stop()
	if conn.Write(ctx, websocket.MessageBinary, wire.LiveNoticeMessage(wire.Notice{Code: code})) == nil {
		conn.Close(websocket.StatusPolicyViolation, code) //nolint:errcheck // it is over
	}
}

// show writes what comes until the browser goes, or may see no more.
func (h *Hub) show(ctx context.Context, r *http.Request, conn *websocket.Conn, v *viewer) {
	check := time.NewTicker(h.check)
	defer check.Stop()
	for {
		select {
		case <-check.C:
			if !h.checked(ctx, r, conn, v) {
				return
			}
		default:
		}
		if m := v.next(); m != nil {
			wait, stop := context.WithTimeout(ctx, writeWait)
			err := conn.Write(wait, websocket.MessageBinary, m)
			stop()
			if err != nil {
				return
			}
			h.o.Metrics.bytes.Add(float64(len(m)))
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-v.wake:
		case <-check.C:
			if !h.checked(ctx, r, conn, v) {
				return
			}
		}
	}
}

// checked reports whether somebody still may watch, and is there.
func (h *Hub) checked(ctx context.Context, r *http.Request, conn *websocket.Conn, v *viewer) bool {
	if !h.o.Holds(r, v.stream.camera) {
		refuse(ctx, conn, wire.NoticeSession)
		return false
	}
	ctx, stop := context.WithTimeout(ctx, writeWait)
	defer stop()
	return conn.Ping(ctx) == nil
}

// silence is how long a box may say nothing: it tells every 3 s that a camera is dark.
const silence = 20 * time.Second

// publish answers a box that was asked for a camera.
func (h *Hub) publish(w http.ResponseWriter, r *http.Request) {
	site, box, ok := h.o.Box(r)
	if !ok {
		http.Error(w, "the box is unknown: enrol it again", http.StatusUnauthorized)
		return
	}
	s, ours := h.session(r.PathValue("session"))
	switch {
	case s == nil && !ours:
		http.Error(w, "another replica has asked for this: dial again", http.StatusMisdirectedRequest)
		return
	case s == nil || s.camera.Site != site || s.camera.Box != box:
		http.Error(w, "nobody watches this any more", http.StatusNotFound)
		return
	}
	conn, err := websocket.Accept(tuned{w, h.noBBR}, r, nil)
	if err != nil {
		return // it has been answered
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	conn.SetReadLimit(wire.MaxLive)
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	s.replace(func() { end(errReplaced) })
	context.AfterFunc(ctx, func() { conn.Close(websocket.StatusNormalClosure, "enough") }) //nolint:errcheck // it is over
	err = s.receive(r.Context(), conn)
	s.gone(func() bool { return errors.Is(context.Cause(ctx), errReplaced) })
	h.o.Log.Info("live pictures end", "camera", s.camera, "err", err)
}

// errReplaced ends a box's connection: nobody watches, or the box has dialled anew.
var errReplaced = errors.New("replaced")

// receive takes what the box says until one of them hangs up, or ctx ends.
func (s *stream) receive(ctx context.Context, conn *websocket.Conn) error {
	for {
		wait, stop := context.WithTimeout(ctx, silence)
		_, m, err := conn.Read(wait)
		stop()
		if err != nil {
			return err
		}
		h, _, err := wire.DecodeLive(m)
		if err != nil {
			return err
		}
		s.take(h, m)
	}
}
