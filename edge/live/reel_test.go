//go:build !nocv

package live

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/videofile"
	"eastgate/shared/wire"
)

// filmed has ffmpeg make two seconds of film and returns its packets as a camera would
// send them.
func filmed(t *testing.T, encoder ...string) []*flow.Packet {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2", "-pix_fmt", "yuv420p", "-threads", "1"}
	if out, err := exec.Command("ffmpeg", append(append(args, encoder...), file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	v, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	ch, done := make(chan *flow.Packet), make(chan error, 1)
	go func() { done <- v.Run(t.Context(), ch) }()
	var packets []*flow.Packet
	for p := range ch {
		p.PTS += time.Hour
		packets = append(packets, p)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return packets
}

// watched puts packets into messages and returns what a browser would put together.
func watched(t *testing.T, packets []*flow.Packet) (codec string, film []byte) {
	t.Helper()
	var f reel
	for _, p := range packets {
		messages, err := f.next(p, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			h, body, err := wire.DecodeLive(m)
			if err != nil {
				t.Fatal(err)
			}
			if h.Kind == wire.LiveInit {
				codec, body = string(body[1:1+body[0]]), body[1+body[0]:]
			} else if h.PTS != uint64(p.PTS*9/100000) || !h.Captured.Equal(p.Received.Truncate(time.Microsecond)) || (h.Flags&wire.LiveKey != 0) != p.Key {
				t.Errorf("%+v of a packet at %v", h, p.PTS)
			}
			film = append(film, body...)
		}
	}
	return codec, film
}

// TestMessagesAreAFilm has ffmpeg decode what a browser is sent: every picture, in
// order, without a complaint.
func TestMessagesAreAFilm(t *testing.T) {
	for name, c := range map[string]struct {
		encoder []string
		codec   string
	}{
		"h264":           {[]string{"-c:v", "libx264", "-profile:v", "main", "-bf", "0", "-g", "10"}, "avc1.4d40"},
		"h264 reordered": {[]string{"-c:v", "libx264", "-profile:v", "high", "-bf", "2", "-g", "10"}, "avc1.6400"},
		"h265":           {[]string{"-c:v", "libx265", "-x265-params", "log-level=error:pools=1:bframes=0", "-g", "10"}, "hvc1.1.6.L30.B0"},
	} {
		t.Run(name, func(t *testing.T) {
			packets := filmed(t, c.encoder...)
			codec, film := watched(t, packets)
			if !strings.HasPrefix(codec, c.codec) {
				t.Errorf("the codec is called %q: want %s…", codec, c.codec)
			}
			file := filepath.Join(t.TempDir(), "film.mp4")
			if err := os.WriteFile(file, film, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "frame=pts_time", "-of", "csv=p=0", file).CombinedOutput()
			if err != nil {
				t.Fatalf("ffprobe: %v\n%s", err, out)
			}
			last, n := -1.0, 0
			for _, line := range strings.Fields(string(out)) {
				at, err := strconv.ParseFloat(strings.Trim(line, ","), 64)
				if err != nil || at <= last {
					t.Fatalf("ffprobe says %q after %v", line, last)
				}
				last, n = at, n+1
			}
			if n != len(packets) {
				t.Errorf("%d pictures of %d", n, len(packets))
			}
		})
	}
}

// TestAfterAGapOnlyWhatCanBeDecoded: pictures shown before the key picture are left out.
func TestAfterAGapOnlyWhatCanBeDecoded(t *testing.T) {
	packets := filmed(t, "-c:v", "libx264", "-bf", "0", "-g", "10")
	var f reel
	if _, err := f.next(packets[0], false); err != nil {
		t.Fatal(err)
	}
	key, early := *packets[10], *packets[11]
	early.PTS = key.PTS - time.Millisecond
	first, err := f.next(&key, true)
	if err != nil || len(first) != 1 || first[0][1] != wire.LiveKey|wire.LiveSkip {
		t.Errorf("the key picture makes %d messages, %v", len(first), err)
	}
	if none, err := f.next(&early, false); err != nil || len(none) != 0 {
		t.Errorf("a picture shown before it makes %d messages, %v", len(none), err)
	}
	if one, err := f.next(packets[12], false); err != nil || len(one) != 1 || bytes.Equal(one[0], first[0]) {
		t.Errorf("the next makes %d messages, %v", len(one), err)
	}
}

func TestACodecThatBrowsersDoNotHave(t *testing.T) {
	var f reel
	if m, err := f.next(&flow.Packet{Stream: &flow.Stream{Codec: "mjpeg"}, Key: true, Data: []byte{1}}, false); err == nil {
		t.Errorf("%s makes %d messages", "mjpeg", len(m))
	}
}
