package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Moving pictures go over WebSockets: from the box to the cloud, and from there to
// whoever watches, the same messages. DESIGN.md of cloud/live tells how.

// A LiveStart is the arguments of the command "live_start": a box then dials the cloud
// at /v1/publish/{session} and sends until the cloud closes.
type LiveStart struct {
	Camera  string `json:"camera"`
	Session string `json:"session"`
	// Stills asks for a picture now and then instead of moving pictures.
	Stills bool `json:"stills,omitempty"`
}

// A LiveKind says what a live message holds.
type LiveKind byte

// The kinds of live messages.
const (
	LiveInit    LiveKind = 1 // a byte, so many of the codec's name (RFC 6381), the head of an MP4
	LivePicture LiveKind = 2 // one picture as a fragment of that MP4
	LiveStill   LiveKind = 3 // a JPEG
	LiveNotice  LiveKind = 4 // a Notice as JSON
)

// The flags of a live message.
const (
	LiveKey  = 1 << iota // the picture can be decoded by itself
	LiveSkip             // pictures before it were left out
)

// A LiveHeader stands before each live message.
type LiveHeader struct {
	Kind     LiveKind
	Flags    byte
	Seq      uint32
	Captured time.Time // by the box's clock, to the microsecond
	PTS      uint64    // media time in ticks of 1/90000 s; on the MP4's own time line
}

// LiveHeaderBytes is the size of a header: kind, flags, two zeros, seq, captured in
// microseconds since 1970, PTS; the numbers big-endian.
const LiveHeaderBytes = 24

// MaxLive bounds a live message.
const MaxLive = 8 << 20

// Append appends the header to b.
func (h LiveHeader) Append(b []byte) []byte {
	b = append(b, byte(h.Kind), h.Flags, 0, 0)
	b = binary.BigEndian.AppendUint32(b, h.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Captured.UnixMicro())) //nolint:gosec // after 1970
	return binary.BigEndian.AppendUint64(b, h.PTS)
}

// DecodeLive parts a live message.
func DecodeLive(b []byte) (h LiveHeader, body []byte, err error) {
	if len(b) < LiveHeaderBytes || len(b) > MaxLive {
		return h, nil, fmt.Errorf("live message of %d bytes", len(b))
	}
	h = LiveHeader{
		Kind: LiveKind(b[0]), Flags: b[1], Seq: binary.BigEndian.Uint32(b[4:]),
		Captured: time.UnixMicro(int64(binary.BigEndian.Uint64(b[8:]))), PTS: binary.BigEndian.Uint64(b[16:]), //nolint:gosec // any number is a time
	}
	if h.Kind < LiveInit || h.Kind > LiveNotice {
		return h, nil, errors.New("live message of an unknown kind")
	}
	return h, b[LiveHeaderBytes:], nil
}

// A Notice tells who watches what is the matter.
type Notice struct {
	// Code is a word below; the player has words for each.
	Code string `json:"code"`
	// Detail is for people, in English; may be empty.
	Detail string `json:"detail,omitempty"`
}

// The codes of notices.
const (
	NoticePrivate   = "private"   // stills only: the camera has private areas
	NoticeTooMany   = "too_many"  // the box sends as many cameras as it may
	NoticeOff       = "off"       // the box sends no live pictures
	NoticeNoCamera  = "no_camera" // the box has no such camera
	NoticeDark      = "dark"      // the camera sends nothing at the moment
	NoticeCodec     = "codec"     // the camera's codec cannot be sent
	NoticeWaiting   = "waiting"   // the cloud has asked the box and waits
	NoticeGone      = "gone"      // the box has stopped sending; it is asked again
	NoticeForbidden = "forbidden"
	NoticeReason    = "reason"   // a purpose and a reason are needed
	NoticeFull      = "full"     // too many watch
	NoticeSession   = "session"  // whoever watched is logged out
	NoticeNotFound  = "notfound" // no such camera
)

// LiveNoticeMessage returns a whole message with a notice.
func LiveNoticeMessage(n Notice) []byte {
	body, err := json.Marshal(n)
	if err != nil {
		panic(err) // two strings always encode
	}
	return append(LiveHeader{Kind: LiveNotice, Captured: time.Now()}.Append(nil), body...)
}
