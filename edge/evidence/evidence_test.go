package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

var label = Label{JPEG, event.Ordinary, "E"}

// only is the waiting file of that hash.
func only(f *Folder, sum string) Item {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting[f.index(sum)]
}

var quiet = slog.New(slog.DiscardHandler)

func metrics() *Metrics { return NewMetrics(prometheus.NewRegistry()) }

func config(t testing.TB) Config {
	c := DefaultConfig()
	c.Dir, c.CloudURL, c.ReserveBytes = filepath.Join(t.TempDir(), "pictures"), "http://127.0.0.1:1", 0
	return c
}

func open(t testing.TB, c Config, m *Metrics) *Folder {
	t.Helper()
	f, err := Open(c, m, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// through sends what is confirmed through a stage over f.
func through(t testing.TB, f *Folder, m *Metrics, cs ...flow.Confirmed) []event.Event {
	t.Helper()
	in, out := make(chan flow.Confirmed, len(cs)), make(chan event.Event, len(cs))
	for _, c := range cs {
		in <- c
	}
	close(in)
	if err := New(Camera{Name: "yard"}, f, m, quiet).Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	for e := range out {
		events = append(events, e)
	}
	return events
}

// frame returns a frame with a bright square in its left upper quarter.
func frame(w, h int, free func()) *flow.Frame {
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	for y := range h {
		for x := range w {
			img.Y[img.YOffset(x, y)] = 16
			if x < w/2 && y < h/2 {
				img.Y[img.YOffset(x, y)] = 235
			}
		}
	}
	return flow.NewFrame("yard", time.Unix(1e9, 0), 0, img, free)
}

func TestEventsGetTheirPicture(t *testing.T) {
	held := 4
	free := func() { held-- }
	c, m := config(t), metrics()
	events := through(t, open(t, c, m), m,
		flow.Confirmed{Event: event.Event{ID: "1", State: event.Start}, Frame: frame(320, 240, free)},
		flow.Confirmed{Event: event.Event{ID: "2", State: event.Update}, Frame: frame(320, 240, free)},
		flow.Confirmed{Event: event.Event{ID: "3", State: event.End}, Frame: frame(64, 48, free)},
		flow.Confirmed{Event: event.Event{ID: "4", State: event.End}},
		flow.Confirmed{Event: event.Event{ID: "5", State: event.Start}, Frame: frame(320, 240, free)}, // the same picture again
	)
	if held != 0 {
		t.Errorf("%d frames are still held", held)
	}
	for i, want := range []int{1, 0, 1, 0, 1} {
		if got := len(events[i].Evidence); got != want {
			t.Errorf("event %s has %d pieces of evidence, want %d", events[i].ID, got, want)
		}
	}
	v := events[0].Evidence[0]
	data, err := os.ReadFile(filepath.Join(c.Dir, v.SHA256+".4.1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != v.SHA256 || int64(len(data)) != v.Bytes || v.Type != "image/jpeg" {
		t.Errorf("evidence %+v does not tell what is in the file", v)
	}
	if !v.From.Equal(time.Unix(1e9, 0)) || !v.To.Equal(v.From) {
		t.Errorf("picture is said to be from %v to %v", v.From, v.To)
	}
	if n := testutil.ToFloat64(m.pending); n != 2 {
		t.Errorf("%v pictures wait, want 2: equal ones are one", n)
	}
}

func TestAnEventIsNotHeldBackByItsPicture(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Config)
		after func(Config)
		frame func() *flow.Frame
	}{
		{name: "disk is full", spoil: func(c *Config) { c.ReserveBytes = 1 << 60 }},
		{name: "folder is too small", spoil: func(c *Config) { c.MaxBytes = 100 }},
		{name: "folder is gone", after: func(c Config) { os.RemoveAll(c.Dir) }},
		{name: "picture is empty", frame: func() *flow.Frame {
			return flow.NewFrame("yard", time.Now(), 0, &image.YCbCr{}, nil)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf, m := config(t), metrics()
			if c.spoil != nil {
				c.spoil(&conf)
			}
			f := open(t, conf, m)
			if c.after != nil {
				c.after(conf)
			}
			fr := frame(320, 240, nil)
			if c.frame != nil {
				fr = c.frame()
			}
			events := through(t, f, m, flow.Confirmed{Event: event.Event{State: event.Start}, Frame: fr})
			if len(events) != 1 || len(events[0].Evidence) != 0 {
				t.Errorf("got %+v, want the event without evidence", events)
			}
			if n := testutil.ToFloat64(m.failed); n != 1 {
				t.Errorf("%v failures counted, want 1", n)
			}
			if len(f.Pending()) != 0 || f.bytes != 0 {
				t.Errorf("%d pictures and %d bytes wait, want none", len(f.Pending()), f.bytes)
			}
		})
	}
}

func TestStoppedStageGivesFramesBack(t *testing.T) {
	held := 1
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, out := make(chan flow.Confirmed, 1), make(chan event.Event)
	in <- flow.Confirmed{Event: event.Event{State: event.Start}, Frame: frame(64, 48, func() { held-- })}
	close(in)
	m := metrics()
	if err := New(Camera{Name: "yard"}, open(t, config(t), m), m, quiet).Run(ctx, in, out); err != nil || held != 0 {
		t.Errorf("%v, %d frames are still held", err, held)
	}
}

// luma is how bright a JPEG is at a place.
func luma(t *testing.T, data []byte, x, y int) uint8 {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y
}

func TestPicturesAreTrue(t *testing.T) {
	whole := frame(400, 300, nil)
	part := *whole.Image.SubImage(image.Rect(101, 51, 301, 251)).(*image.YCbCr)
	for _, c := range []struct {
		name          string
		img           *image.YCbCr
		limited       bool
		size          image.Point
		bright, black uint8 // luma inside and outside the square
		in, out       image.Point
	}{
		{"as it is", whole.Image, false, image.Pt(400, 300), 235, 16, image.Pt(20, 20), image.Pt(380, 280)},
		{"limited range", whole.Image, true, image.Pt(400, 300), 255, 0, image.Pt(20, 20), image.Pt(380, 280)},
		{"part of a picture", &part, false, image.Pt(200, 200), 235, 16, image.Pt(80, 80), image.Pt(120, 120)},
		{"limited part", &part, true, image.Pt(200, 200), 255, 0, image.Pt(80, 80), image.Pt(120, 120)},
		{"odd size", frame(321, 241, nil).Image, true, image.Pt(321, 241), 255, 0, image.Pt(10, 10), image.Pt(320, 240)},
		{"too large", frame(2881, 1621, nil).Image, true, image.Pt(1920, 1080), 255, 0, image.Pt(100, 100), image.Pt(1919, 1079)},
		{"one pixel", frame(1, 1, nil).Image, true, image.Pt(1, 1), 0, 0, image.Pt(0, 0), image.Pt(0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := flow.NewFrame("yard", time.Now(), 0, c.img, nil)
			f.Limited = c.limited
			data, err := encode(f, nil)
			if err != nil {
				t.Fatal(err)
			}
			img, err := jpeg.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if got := img.Bounds().Size(); got != c.size {
				t.Errorf("size %v, want %v", got, c.size)
			}
			near := func(at image.Point, want uint8) {
				got := color.GrayModel.Convert(img.At(at.X, at.Y)).(color.Gray).Y
				if max(got, want)-min(got, want) > 6 {
					t.Errorf("luma %d at %v, want %d", got, at, want)
				}
			}
			near(c.in, c.bright)
			near(c.out, c.black)
		})
	}
}

func TestFolderSurvivesAndIsSwept(t *testing.T) {
	c, m := config(t), metrics()
	f := open(t, c, m)
	sums := make([]string, 3)
	for i := range sums {
		var err error
		if sums[i], err = f.Put(label, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(f.path(only(f, sums[i])), old, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"tmp-1234", "readme.txt", "abc.jpg"} {
		if err := os.WriteFile(filepath.Join(c.Dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, c, metrics()) // as after a power cut: nothing was closed
	if got := again.Pending(); len(got) != 3 || got[0].SHA256 != sums[0] || got[2].SHA256 != sums[2] {
		t.Errorf("%+v wait after reopening, want the three in their order", got)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "tmp-1234")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half-written file is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "readme.txt")); err != nil {
		t.Errorf("a file that is not ours was touched: %v", err)
	}
}

func TestTheOldestGivesWay(t *testing.T) {
	c, m := config(t), metrics()
	c.MaxBytes = 100
	f := open(t, c, m)
	var last string
	for i := range 10 {
		var err error
		if last, err = f.Put(label, bytes.Repeat([]byte{byte(i)}, 30)); err != nil {
			t.Fatal(err)
		}
	}
	got := f.Pending()
	if len(got) != 3 || got[2].SHA256 != last || f.bytes != 90 {
		t.Errorf("%d pictures and %d bytes wait, want the newest 3 and 90", len(got), f.bytes)
	}
	if n := testutil.ToFloat64(m.dropped.WithLabelValues(gaveWay, "3")); n != 7 {
		t.Errorf("%v counted as given up, want 7", n)
	}
	if files, _ := filepath.Glob(filepath.Join(c.Dir, "*")); len(files) != 3 {
		t.Errorf("%d files are left, want 3", len(files))
	}
	if _, err := f.Put(label, make([]byte, 101)); !errors.Is(err, ErrFull) {
		t.Errorf("a picture larger than the folder: %v, want ErrFull", err)
	}
	c.MaxBytes = 40 // somebody made the folder smaller
	if got := open(t, c, metrics()).Pending(); len(got) != 1 || got[0].SHA256 != last {
		t.Errorf("%d wait after reopening with less room, want the newest", len(got))
	}
}

func TestManyCamerasAtOnce(t *testing.T) {
	c, m := config(t), metrics()
	f := open(t, c, m)
	done := make(chan error)
	for cam := range 8 {
		go func() {
			for i := range 20 {
				data := []byte{byte(i)} // the same 20 from all
				if i >= 10 {
					data = append(data, byte(cam)) // and some of its own
				}
				if _, err := f.Put(label, data); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(f.Pending()); n != 10+8*10 || f.bytes != 10+8*10*2 {
		t.Errorf("%d pictures and %d bytes wait, want 90 and 170", n, f.bytes)
	}
}

func TestValidate(t *testing.T) {
	good := DefaultConfig()
	good.Dir, good.CloudURL = "/var/lib/x", "https://cloud.example/base"
	if faults := good.Validate(); faults != nil {
		t.Errorf("good configuration: %v", faults)
	}
	bad := Config{MaxBytes: 1, ReserveBytes: -1, BytesPerSecond: 1, CloudURL: "ftp://cloud"}
	if faults := bad.Validate(); len(faults) != 5 {
		t.Errorf("got %v, want five faults", faults)
	}
	bad = good
	bad.CloudURL = "https://box:hunter2@cloud"
	faults := bad.Validate()
	if len(faults) != 1 || bytes.Contains([]byte(faults[0].Error()), []byte("hunter2")) {
		t.Errorf("got %v, want one fault without the password", faults)
	}
}
