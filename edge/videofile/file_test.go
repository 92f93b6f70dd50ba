//go:build !nocv

package videofile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"eastgate/edge/flow"
	"eastgate/edge/videofile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bars = "testsrc2=duration=2:rate=25:size=320x240"

// clip has ffmpeg make a file.
func clip(t testing.TB, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	all := append([]string{"-v", "error", "-f", "lavfi", "-i"}, args...)
	if out, err := exec.Command("ffmpeg", append(all, file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (installed by scripts/setup): %v\n%s", err, out)
	}
	return file
}

func open(t testing.TB, file string) *videofile.File {
	t.Helper()
	v, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func all(t testing.TB, v *videofile.File) []*flow.Packet {
	t.Helper()
	var ps []*flow.Packet
	for {
		p, err := v.Next()
		if errors.Is(err, io.EOF) {
			return ps
		}
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

func TestContainers(t *testing.T) {
	annexB := []byte{0, 0, 0, 1}
	for _, c := range []struct {
		name, codec string
		args        []string
		first       time.Duration
	}{
		{"a.mp4", "h264", []string{"-c:v", "libx264", "-g", "10", "-bf", "0"}, 0},
		{"b.mp4", "h264", []string{"-c:v", "libx264", "-g", "10", "-bf", "2"}, 0},
		{"c.mkv", "hevc", []string{"-c:v", "libx265", "-x265-params", "log-level=error:keyint=10:bframes=0"}, 0},
		{"d.mp4", "hevc", []string{"-c:v", "libx265", "-x265-params", "log-level=error:keyint=10"}, 0},
		{"e.ts", "h264", []string{"-c:v", "libx264", "-g", "10"}, 1480 * time.Millisecond},
		{"f.flv", "h264", []string{"-c:v", "libx264", "-g", "10", "-bf", "0"}, 0},
		{"g.avi", "mpeg4", []string{"-c:v", "mpeg4", "-g", "10"}, 0},
		{"h.avi", "mpeg4", []string{"-c:v", "mpeg4", "-g", "10", "-bf", "2"}, 40 * time.Millisecond},
		{"i.avi", "h264", []string{"-c:v", "libx264", "-g", "10", "-bf", "0"}, 40 * time.Millisecond},
		{"j.h264", "h264", []string{"-c:v", "libx264", "-g", "10", "-bf", "0"}, 0},
		{"k.avi", "mjpeg", []string{"-c:v", "mjpeg"}, 0},
		{"l.webm", "vp8", []string{"-c:v", "libvpx", "-g", "10"}, 0},
		{"m 100%d.mp4", "h264", []string{"-c:v", "libx264", "-g", "10", "-bf", "0", "-f", "mp4"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), c.name)
			made := clip(t, "made"+filepath.Ext(c.name), append([]string{bars}, c.args...)...)
			if err := os.Rename(made, file); err != nil {
				t.Fatal(err)
			}
			v := open(t, file)
			if i := v.Info(); i.Codec != c.codec || i.Width != 320 || i.Height != 240 || i.FPS < 24 || i.FPS > 26 || i.Bytes == 0 {
				t.Errorf("info is %+v", i)
			}
			ps := all(t, v)
			var times []time.Duration
			var size int64
			keys := 0
			for _, p := range ps {
				times = append(times, p.PTS)
				size += int64(len(p.Data))
				if p.Key {
					keys++
				}
				if p.Stream.Codec == "h264" || p.Stream.Codec == "hevc" {
					if !bytes.HasPrefix(p.Data, annexB) && !bytes.HasPrefix(p.Data, annexB[1:]) {
						t.Errorf("packet at %v begins with %x, not with a start code", p.PTS, p.Data[:4])
					}
				}
				if !p.Received.Equal(videofile.Base.Add(p.PTS)) {
					t.Errorf("packet at %v was received at %v", p.PTS, p.Received)
				}
			}
			slices.Sort(times)
			if len(ps) != 50 || !ps[0].Key || keys < 5 || size != v.BytesRead() {
				t.Fatalf("%d packets with %d keys and %d bytes of %d", len(ps), keys, size, v.BytesRead())
			}
			for i, at := range times {
				if want := c.first + time.Duration(i)*40*time.Millisecond; (at - want).Abs() > time.Millisecond {
					t.Fatalf("picture %d is at %v, want %v", i, at, want)
				}
			}
		})
	}
}

func TestWhatIsNoVideoIsNamed(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, c := range []struct{ file, says string }{
		{filepath.Join(dir, "missing.mp4"), "no such file"},
		{dir, "is a folder"},
		{write("empty.mp4", ""), "is no video"},
		{write("words.mp4", strings.Repeat("these are only words\n", 100)), "is no video"},
		{write("words.txt", strings.Repeat("these are only words\n", 100)), "holds no video"},
		{write("list.m3u8", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n"), "is no video"},
		{clip(t, "sound.wav", "sine=duration=1"), "holds no video"},
	} {
		v, err := videofile.Open(c.file)
		if err == nil {
			v.Close()
			t.Errorf("%s was opened", c.file)
			continue
		}
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("got %q, want it to name the file and say %q", err, c.says)
		}
	}
}

func TestATruncatedFileGivesWhatItHas(t *testing.T) {
	file := clip(t, "whole.mp4", bars, "-c:v", "libx264", "-bf", "0", "-movflags", "+faststart")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data[:len(data)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	v := open(t, file)
	if n := len(all(t, v)); n < 20 || n >= 50 {
		t.Errorf("%d packets of two thirds of a file of 50", n)
	}
}

func TestADamagedPictureIsPassedOver(t *testing.T) {
	file := clip(t, "damaged.mp4", bars, "-c:v", "libx264", "-bf", "0")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ps := all(t, open(t, file))
	i := bytes.Index(data, ps[20].Data[4:]) // after the start code
	if i < 0 {
		t.Fatal("picture 20 is not in the file")
	}
	copy(data[i-4:], []byte{0x7f, 0xff, 0xff, 0xff}) // a unit longer than the file
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	v := open(t, file)
	if n := len(all(t, v)); n != 49 || v.Damaged() != 1 {
		t.Errorf("%d packets, %d damaged; want 49 and 1", n, v.Damaged())
	}
}

func TestNewParametersMidwayAreANewStream(t *testing.T) {
	read := func(size string) []byte {
		data, err := os.ReadFile(clip(t, "part.flv", "testsrc2=duration=1:rate=25:size="+size, "-c:v", "libx264", "-bf", "0"))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const header = 9 + 4 // of an FLV file
	file := filepath.Join(t.TempDir(), "joined.flv")
	if err := os.WriteFile(file, append(read("320x240"), read("640x480")[header:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	var streams []*flow.Stream
	for _, p := range all(t, open(t, file)) {
		if len(streams) == 0 || p.Stream != streams[len(streams)-1] {
			streams = append(streams, p.Stream)
		}
	}
	if len(streams) != 2 || bytes.Equal(streams[0].Extradata, streams[1].Extradata) {
		t.Fatalf("%d streams, want two that differ", len(streams))
	}
	for i, s := range streams {
		if !bytes.HasPrefix(s.Extradata, []byte{0, 0, 0, 1}) {
			t.Errorf("extradata of stream %d begins with %x", i, s.Extradata[:4])
		}
	}
}

func TestRunStops(t *testing.T) {
	v := open(t, clip(t, "run.mp4", bars, "-c:v", "libx264"))
	ctx, cancel := context.WithCancel(t.Context())
	out := make(chan *flow.Packet)
	done := make(chan error)
	go func() { done <- v.Run(ctx, out) }()
	if p := <-out; p.Camera == "" {
		t.Error("a packet names no camera")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, open := <-out; open {
		t.Error("out is still open")
	}
}

// The clips that the detectors are measured on.
func TestEveryRealClipOpens(t *testing.T) {
	dir := os.Getenv("EASTGATE_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	var files []string
	for _, kind := range []string{"mp4", "avi", "mkv"} {
		found, _ := filepath.Glob(filepath.Join(dir, "*", "*."+kind))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skipf("SKIPPED, NOT PASSED: no clips in %s; set EASTGATE_DATA", dir)
	}
	for _, file := range files {
		v, err := videofile.Open(file)
		if err != nil {
			t.Error(err)
			continue
		}
		p, err := v.Next()
		if err != nil || !p.Key || len(p.Data) == 0 {
			t.Errorf("%s: first packet %+v, %v", file, p, err)
		}
		v.Close()
	}
}

func FuzzOpen(f *testing.F) {
	for name, args := range map[string][]string{
		"a.mp4": {"-c:v", "libx264"}, "b.flv": {"-c:v", "libx264"},
		"c.avi": {"-c:v", "mpeg4"}, "d.mkv": {"-c:v", "libx265", "-x265-params", "log-level=error"},
	} {
		data, err := os.ReadFile(clip(f, name, append([]string{"testsrc2=duration=0.2:rate=25:size=64x48"}, args...)...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	file := filepath.Join(f.TempDir(), "fuzz")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := videofile.Open(file)
		if err != nil {
			return
		}
		defer v.Close()
		v.Info()
		for range 100 {
			if _, err := v.Next(); err != nil {
				return
			}
		}
	})
}
