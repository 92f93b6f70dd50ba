//go:build !nocv

package evidence

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/videofile"
)

// film has ffmpeg make a film of moving test bars, and returns its packets as a
// camera would send them: without decoding times, from a time of its own on.
func film(t testing.TB, size string, seconds int, encoder ...string) []*flow.Packet {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	args := []string{"-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=25:duration=%d", size, seconds), "-pix_fmt", "yuv420p"}
	if out, err := exec.Command("ffmpeg", append(append(args, encoder...), file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	v, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	ch := make(chan *flow.Packet)
	done := make(chan error, 1)
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

// joined returns films as the sessions of one camera, with a gap between the last
// picture of one and the first of the next.
func joined(gap time.Duration, films ...[]*flow.Packet) []*flow.Packet {
	var out []*flow.Packet
	next := films[0][0].PTS
	for _, packets := range films {
		shift, stream := next-packets[0].PTS, *packets[0].Stream
		for _, p := range packets {
			q := *p
			q.Stream, q.PTS, q.Received = &stream, p.PTS+shift, p.Received.Add(shift)
			next = max(next, q.PTS+gap)
			out = append(out, &q)
		}
	}
	return out
}

// A shown is what ffprobe says of one coded picture.
type shown struct {
	PTS   string `json:"pts_time"`
	DTS   string `json:"dts_time"`
	Flags string `json:"flags"`
}

func probe(t *testing.T, file string) (coded []shown, frames int) {
	t.Helper()
	// What a player would complain about, ffmpeg complains about when it decodes everything.
	if out, err := exec.Command("ffmpeg", "-v", "warning", "-xerror", "-i", file, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("decoding complains: %v\n%s", err, out)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
		"packet=pts_time,dts_time,flags:stream=nb_read_frames", "-of", "json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Packets []shown
		Streams []struct {
			Frames string `json:"nb_read_frames"`
		}
	}
	if err := json.Unmarshal(out, &said); err != nil || len(said.Streams) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	frames, err = strconv.Atoi(said.Streams[0].Frames)
	if err != nil {
		t.Fatal(err)
	}
	return said.Packets, frames
}

var (
	avcPlain = []string{"-c:v", "libx264", "-g", "25", "-bf", "0"}
	avcDeep  = []string{"-c:v", "libx264", "-g", "25", "-bf", "3", "-x264-params", "b-pyramid=normal:bframes=5:b-adapt=0"}
	hevc     = []string{"-c:v", "libx265", "-x265-params", "log-level=error:keyint=25:bframes=3:open-gop=0"}
	hevcOpen = []string{"-c:v", "libx265", "-x265-params", "log-level=error:keyint=25:bframes=3:open-gop=1"}
)

func TestClipsDecodeWithoutAComplaint(t *testing.T) {
	plain := film(t, "160x120", 2, avcPlain...)
	deep := film(t, "160x120", 2, avcDeep...)
	small := film(t, "96x64", 1, avcPlain...)
	open := film(t, "160x120", 2, hevcOpen...)
	second := slices.IndexFunc(open, func(p *flow.Packet) bool { return p.Key && p != open[0] })
	for _, c := range []struct {
		name    string
		packets []*flow.Packet
		lost    int // pictures that cannot be shown
	}{
		{"h264", plain, 0},
		{"h264, deep reordering", deep, 0},
		{"h265, reordering", film(t, "160x120", 2, hevc...), 0},
		{"h265, open groups", open, 0},
		{"h265, from an open group on", open[second:], -1},
		{"size changes midway and back", joined(40*time.Millisecond, plain, small, plain), 0},
		{"a new session after 20 s", joined(20*time.Second, deep, deep), 0},
		{"one picture", plain[:1], 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := mux(c.packets)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "clip.mp4")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			coded, frames := probe(t, file)
			want := decodable(c.packets)
			if lost := len(c.packets) - len(want); c.lost == 0 && lost != 0 || c.lost < 0 && lost == 0 {
				t.Errorf("%d pictures are left out", lost)
			}
			if len(coded) != len(want) || frames != len(want) {
				t.Fatalf("%d coded and %d decoded pictures, want %d", len(coded), frames, len(want))
			}
			if !strings.HasPrefix(coded[0].Flags, "K") {
				t.Error("it does not begin with a key picture")
			}
			before, begin := -1e9, number(t, coded[0].PTS) // FFmpeg delays all when a decoding time is later than a showing
			for i, p := range coded {
				pts, dts := number(t, p.PTS)-begin, number(t, p.DTS)
				if at := (want[i].PTS - want[0].PTS).Seconds(); pts-at > 2e-3 || at-pts > 2e-3 {
					t.Errorf("picture %d is shown at %.4f, want %.4f", i, pts, at)
				}
				if dts <= before {
					t.Errorf("picture %d is decoded at %.4f, the one before at %.4f", i, dts, before)
				}
				before = dts
			}
		})
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAChangeOfCodecIsAnotherClip(t *testing.T) {
	a, b := film(t, "96x64", 1, avcPlain...), film(t, "96x64", 1, hevc...)
	parts := sameCodec(joined(40*time.Millisecond, a, b, a))
	if len(parts) != 3 || len(parts[0]) != 25 || len(parts[1]) != 25 || parts[1][0].Stream.Codec != "hevc" {
		t.Errorf("%d parts", len(parts))
	}
	for _, p := range parts {
		if _, err := mux(p); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeAClipSaysWhy(t *testing.T) {
	p := *film(t, "96x64", 1, avcPlain...)[0]
	bare := *p.Stream
	bare.Extradata = nil
	for _, c := range []struct {
		packets []*flow.Packet
		want    string
	}{
		{nil, "no key picture"},
		{[]*flow.Packet{{Stream: p.Stream, Data: p.Data}}, "no key picture"},
		{[]*flow.Packet{{Stream: &bare, Key: true, Data: p.Data}}, "no H.264 parameter sets"},
		{[]*flow.Packet{{Stream: &flow.Stream{Codec: "mjpeg"}, Key: true}}, `codec "mjpeg"`},
	} {
		if _, err := mux(c.packets); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func FuzzMux(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x65, 1, 2, 0, 0, 1, 0x41, 9}, []byte{0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2})
	f.Fuzz(func(_ *testing.T, data, sets []byte) {
		for _, codec := range []string{"h264", "hevc"} {
			s := &flow.Stream{Codec: codec, Extradata: sets}
			mux([]*flow.Packet{{Stream: s, Key: true, Data: data}, {Stream: s, PTS: -1, Data: data}})
		}
	})
}

// BenchmarkMux makes the clip of 15 s of 1080p25 at 2 Mbit/s.
func BenchmarkMux(b *testing.B) {
	sets := film(b, "96x64", 1, avcPlain...)[0].Stream
	var packets []*flow.Packet
	for i := range 375 {
		data := slices.Concat([]byte{0, 0, 0, 1, 0x41}, make([]byte, 10_000))
		for j := 5; j < len(data); j++ {
			data[j] = byte(j*7+i) | 1
		}
		packets = append(packets, &flow.Packet{Stream: sets, Key: i%50 == 0, PTS: time.Duration(i) * 40 * time.Millisecond, Data: data})
	}
	b.ReportAllocs()
	b.SetBytes(375 * 10_005)
	for b.Loop() {
		if _, err := mux(packets); err != nil {
			b.Fatal(err)
		}
	}
}
