package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/onvif"
	"eastgate/shared/secret"
)

// wait is how long a camera is watched, and how long a message may take.
const wait = 1500 * time.Millisecond

const (
	okay = "RTSP/1.0 200 OK\r\nCSeq: %d\r\n"
	sdp  = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=0\r\n"
)

// A liar is a camera that answers the n-th request, which is of a method, with what it
// likes.
type liar func(conn io.Writer, method string, n int)

// honest answers as a camera does, with a description of the stream, and plays nothing.
func honest(description string) liar {
	return func(conn io.Writer, method string, n int) {
		switch method {
		case "DESCRIBE":
			fmt.Fprintf(conn, okay+"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", n, len(description), description)
		case "SETUP":
			fmt.Fprintf(conn, okay+"Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n", n)
		default:
			fmt.Fprintf(conn, okay+"Session: 1\r\nPublic: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n", n)
		}
	}
}

// playing is an honest camera that, once played, sends what send makes.
func playing(send func(conn io.Writer, i int)) liar {
	return func(conn io.Writer, method string, n int) {
		honest(sdp)(conn, method, n)
		if method != "PLAY" {
			return
		}
		for i := range 20_000 {
			send(conn, i)
		}
	}
}

// always says the same to whatever is asked.
func always(text string) liar {
	return func(conn io.Writer, _ string, _ int) { io.WriteString(conn, text) } //nolint:errcheck // the edge may hang up
}

// flood says the same without end.
func flood(head, text string) liar {
	return func(conn io.Writer, _ string, n int) {
		fmt.Fprintf(conn, head, n)
		io.Copy(conn, &endless{text, 1 << 30}) //nolint:errcheck // the edge hangs up
	}
}

// rtp is one interleaved packet (RFC 7826 §14): a header, and a payload behind it.
func rtp(channel byte, seq int, payload []byte) []byte {
	n := len(payload) + 12
	return append([]byte{'$', channel, byte(n >> 8), byte(n), 0x80, 96, byte(seq >> 8), byte(seq), 0, 0, byte(seq), 0, 0, 0, 0, 1}, payload...)
}

// liars are cameras that answer with what cameras do not.
func liars() map[string]liar {
	dice := rand.New(rand.NewPCG(5, 5))
	noise := make([]byte, 1200)
	for i := range noise {
		noise[i] = byte(dice.IntN(256)) //nolint:gosec // any byte does
	}
	put := func(conn io.Writer, b []byte) { conn.Write(b) } //nolint:errcheck // the edge may hang up
	return map[string]liar{
		"silence":                  func(io.Writer, string, int) {},
		"noise":                    always(string(noise)),
		"HTTP":                     always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
		"a status that is none":    always("RTSP/1.0 -1 \r\n\r\n"),
		"a header without end":     flood(okay+"X: ", "a"),
		"headers without end":      flood(okay, "X: a\r\n"),
		"a body of 4 GB":           flood(okay+"Content-Type: application/sdp\r\nContent-Length: 4294967295\r\n\r\n", "v=0\r\n"),
		"a length below nothing":   func(c io.Writer, _ string, n int) { fmt.Fprintf(c, okay+"Content-Length: -1\r\n\r\n", n) },
		"another request's number": always("RTSP/1.0 200 OK\r\nCSeq: 999999999999999999999\r\n\r\n"),
		"itself, for ever": func(c io.Writer, _ string, n int) {
			fmt.Fprintf(c, "RTSP/1.0 301 Moved\r\nCSeq: %d\r\nLocation: rtsp://127.0.0.1:1/x\r\n\r\n", n)
		},
		"a file to read": func(c io.Writer, _ string, n int) {
			fmt.Fprintf(c, "RTSP/1.0 302 Moved\r\nCSeq: %d\r\nLocation: file:///etc/passwd\r\n\r\n", n)
		},
		"a riddle that is none": func(c io.Writer, _ string, n int) {
			fmt.Fprintf(c, "RTSP/1.0 401 No\r\nCSeq: %d\r\nWWW-Authenticate: Digest realm=\"%s\r\n\r\n", n, strings.Repeat("a", 2000))
		},
		"a thousand riddles": func(c io.Writer, _ string, n int) {
			fmt.Fprintf(c, "RTSP/1.0 401 No\r\nCSeq: %d\r\n%s\r\n", n, strings.Repeat("WWW-Authenticate: Basic realm=\"x\"\r\n", 1000))
		},
		"no description":                     honest(""),
		"a description of noise":             honest(string(noise)),
		"a thousand streams":                 honest(sdp + strings.Repeat("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:x\r\n", 1000)),
		"a stream of a codec that is none":   honest(strings.ReplaceAll(sdp, "H264", "H999")),
		"a clock of zero":                    honest(strings.ReplaceAll(sdp, "90000", "0")),
		"a clock below nothing":              honest(strings.ReplaceAll(sdp, "90000", "-90000")),
		"a clock beyond numbers":             honest(strings.ReplaceAll(sdp, "90000", "99999999999999999999")),
		"parameters that are none":           honest(sdp + "a=fmtp:96 sprop-parameter-sets=%%%,AAAA,////\r\n"),
		"parameters of 8192 by 8192 by much": honest(strings.ReplaceAll(sdp, "packetization-mode=1", "packetization-mode=1;sprop-parameter-sets=Z0LAHv+/////////////////////,aM48gA==")),
		"a control elsewhere":                honest(strings.ReplaceAll(sdp, "trackID=0", "rtsp://192.0.2.1:1/../../x")),
		"packets of noise":                   playing(func(c io.Writer, i int) { put(c, rtp(0, i, noise)) }),
		"packets on channels that are none":  playing(func(c io.Writer, i int) { put(c, rtp(byte(i), i, noise[:20])) }),
		"packets of nothing":                 playing(func(c io.Writer, i int) { put(c, rtp(0, i, nil)) }),
		"frames of nothing":                  playing(func(c io.Writer, _ int) { put(c, []byte("$\x00\x00\x00")) }),
		"a picture without end":              playing(func(c io.Writer, i int) { put(c, rtp(0, i, append([]byte{0x7c, 0x05}, noise...))) }), // FU-A, neither first nor last
		"a picture that only begins":         playing(func(c io.Writer, i int) { put(c, rtp(0, i, append([]byte{0x7c, 0x85}, noise...))) }),
		"an aggregate of lies":               playing(func(c io.Writer, i int) { put(c, rtp(0, i, append([]byte{0x78, 0xff, 0xff}, noise...))) }), // STAP-A
		"parameters of noise":                playing(func(c io.Writer, i int) { put(c, rtp(0, i, append([]byte{0x67}, noise[:40]...))) }),
		"reports of noise":                   playing(func(c io.Writer, _ int) { put(c, append([]byte("$\x01\x00\x28"), noise[:40]...)) }),
		"answers that nobody asked":          playing(func(c io.Writer, _ int) { io.WriteString(c, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n") }),            //nolint:errcheck // as above
		"requests of its own":                playing(func(c io.Writer, _ int) { io.WriteString(c, "ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 1\r\n\r\n") }), //nolint:errcheck // as above
	}
}

// byCameras lets the box's own client read each liar.
func byCameras() []attack {
	var out []attack
	for name, answer := range liars() {
		out = append(out, attack{"RTSP: " + name, func(ctx context.Context) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			go lie(l, answer)
			c := camera.DefaultConfig()
			c.URL, c.Transport, c.StallAfter = "rtsp://"+l.Addr().String()+"/x", "tcp", wait
			probing, stop := context.WithTimeout(ctx, 25*time.Second)
			defer stop()
			_, err = camera.Probe(probing, c, wait)
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				return errors.New("the box hangs at it")
			case err == nil && !strings.HasPrefix(name, "packets of noise"): // noise can read as one picture
				return errors.New("it is taken for a camera")
			}
			return nil
		}})
	}
	return out
}

// lie answers connections until l is closed.
func lie(l net.Listener, answer liar) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(tryTime)) //nolint:errcheck // a TCP connection has deadlines
			in := bufio.NewReaderSize(conn, 64<<10)
			for n := 1; ; n++ {
				line, err := in.ReadString('\n')
				method, _, _ := strings.Cut(line, " ")
				for err == nil && strings.TrimSpace(line) != "" {
					line, err = in.ReadString('\n')
				}
				if err != nil {
					return
				}
				answer(conn, method, n)
			}
		}()
	}
}

const envelope = `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>%s</s:Body></s:Envelope>`

// devices are answers of ONVIF devices that are none.
func devices() map[string]http.HandlerFunc {
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/soap+xml")
			io.WriteString(w, s) //nolint:errcheck // the edge may hang up
		}
	}
	return map[string]http.HandlerFunc{
		"nothing":              text(""),
		"HTML":                 text("<html><body>log in</body>"),
		"a billion laughs":     text(`<!DOCTYPE l [<!ENTITY a "lol">` + laughs() + `]><l>&j;</l>`),
		"a file of its own":    text(`<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>`),
		"a million levels":     text(fmt.Sprintf(envelope, strings.Repeat("<a>", 1_000_000))),
		"a million elements":   text(fmt.Sprintf(envelope, strings.Repeat("<a/>", 1_000_000))),
		"a name of 8 MB":       text(fmt.Sprintf(envelope, "<"+strings.Repeat("a", 8<<20)+"/>")),
		"a million attributes": text(fmt.Sprintf(envelope, "<a "+strings.Repeat(`b="c" `, 1_000_000)+"/>")),
		"a body without end":   func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, &endless{"<a>", 1 << 30}) }, //nolint:errcheck // the edge hangs up
		"gzip of a gigabyte": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb(1 << 30))
		},
		"a byte a second": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, "<")                //nolint:errcheck // the edge hangs up
				http.NewResponseController(w).Flush() //nolint:errcheck // as above
				time.Sleep(time.Second)
			}
		},
		"itself, for ever": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		},
		"another machine": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1:1/", http.StatusTemporaryRedirect)
		},
		"a riddle without end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="`+strings.Repeat("a", 60_000)+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
		"a year beyond time": text(fmt.Sprintf(envelope, `<GetSystemDateAndTimeResponse xmlns="http://www.onvif.org/ver10/device/wsdl"><SystemDateAndTime><UTCDateTime><Time><Hour>-99999</Hour></Time><Date><Year>999999999</Year></Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>`)),
		"services elsewhere": text(fmt.Sprintf(envelope, `<GetServicesResponse xmlns="http://www.onvif.org/ver10/device/wsdl">`+strings.Repeat(`<Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>file:///etc/passwd</XAddr></Service>`, 10_000)+`</GetServicesResponse>`)),
		"a fault of 4 MB":    text(fmt.Sprintf(envelope, `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>`+strings.Repeat("a", 4<<20-1000)+`</s:Text></s:Reason></s:Fault>`)),
	}
}

func laughs() string {
	var out strings.Builder
	for c := 'b'; c <= 'j'; c++ {
		fmt.Fprintf(&out, `<!ENTITY %c "%s">`, c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
	}
	return out.String()
}

// byDevices lets the box look at each.
func byDevices() []attack {
	var out []attack
	for name, answer := range devices() {
		out = append(out, attack{"SOAP: " + name, func(ctx context.Context) error {
			return serving(answer, func(address string) error {
				looking, stop := context.WithTimeout(ctx, 30*time.Second)
				defer stop()
				_, err := onvif.Look(looking, onvif.Config{Address: address, Username: "admin", Password: secret.New("a-camera's-word"), Timeout: time.Second})
				switch {
				case err == nil:
					return errors.New("it is taken for a camera")
				case looking.Err() != nil:
					return errors.New("the box hangs at it")
				case len(err.Error()) > 2000:
					return fmt.Errorf("the error has %d bytes", len(err.Error()))
				case strings.Contains(err.Error(), "a-camera's-word"):
					return errors.New("the error holds the password")
				}
				return nil
			})
		}})
	}
	return out
}
