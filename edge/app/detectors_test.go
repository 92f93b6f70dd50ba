//go:build !nocv

package app

import (
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"eastgate/edge/config"
	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

// BenchmarkDetectors says what the four detectors together cost beyond decoding, for
// pictures of the real clips made 1920 by 1080, with their networks: as a box runs them, each
// at its own beat, and all four on every picture. A zone in which nothing may stand covers an
// eighth of each picture. The time is the processor's, of the one thread that judges.
func BenchmarkDetectors(b *testing.B) {
	b.Setenv("OPENCV_FOR_THREADS_NUM", "1") // or what OpenCV's own threads do would not be counted
	films := films(b, detecttest.Data(b))
	for _, run := range []struct {
		name  string
		every bool
	}{{"each at its beat", false}, {"all on every picture", true}} {
		b.Run(run.name, func(b *testing.B) {
			var c cost
			for b.Loop() {
				for _, f := range films {
					c.watch(b, f, run.every)
				}
			}
			b.ReportMetric(c.total(), "cpu-ms/picture")
			for name, spent := range c.spent {
				b.ReportMetric(spent.Seconds()*1000/float64(c.pictures), name+"-ms/picture")
			}
		})
	}
}

const (
	benchEvery  = 100 * time.Millisecond // between two pictures
	benchLength = 20 * time.Second       // of each clip
)

// films are the clips in a folder.
func films(b *testing.B, dir string) (out []string) {
	text, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		b.Fatal(err)
	}
	var all []struct{ File string }
	if err := json.Unmarshal(text, &all); err != nil {
		b.Fatal(err)
	}
	for _, f := range all {
		out = append(out, filepath.Join(dir, f.File))
	}
	return out
}

// A cost is what judging pictures took, by detector; what they share is named shared.
type cost struct {
	pictures int
	spent    map[string]time.Duration
}

func (c *cost) total() float64 {
	sum := 0.0
	for _, d := range c.spent {
		sum += d.Seconds() * 1000 / float64(c.pictures)
	}
	return sum
}

func (c *cost) watch(b *testing.B, film string, every bool) {
	todo, err := tasks(config.Everything(), zone.Areas{Zones: []zone.Zone{{
		Name: "lane", Use: zone.NoParking, Points: zone.Polygon{{0.25, 0.5}, {0.75, 0.5}, {0.75, 0.75}, {0.25, 0.75}}, Dwell: 5 * time.Second,
	}}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	next := make([]time.Duration, len(todo))
	large := image.NewYCbCr(image.Rect(0, 0, 1920, 1080), image.YCbCrSubsampleRatio420)
	detecttest.Play(b, film, benchEvery-5*time.Millisecond, func(p *detect.Picture) {
		if p.PTS() > benchLength {
			return
		}
		enlarge(b, p.Frame().Image, large)
		f := flow.NewFrame("bench", p.Taken(), p.PTS(), large, nil)
		f.Limited = p.Frame().Limited
		defer f.Release()
		q := detect.NewPicture(f)
		defer q.Close()
		c.judge(b, q, todo, next, every)
	})
	for _, t := range todo {
		if err := t.Detector.Close(); err != nil {
			b.Error(err)
		}
	}
}

func (c *cost) judge(b *testing.B, p *detect.Picture, todo []detect.Task, next []time.Duration, every bool) {
	c.pictures++
	if c.spent == nil {
		c.spent = map[string]time.Duration{}
	}
	for i, t := range todo {
		if !every && p.PTS() < next[i] {
			continue
		}
		next[i] = p.PTS() + t.Every - 5*time.Millisecond
		c.took("shared", func() { share(b, p, t.Detector.Info().Name) })
		c.took(t.Detector.Info().Name, func() {
			if _, err := t.Detector.Detect(p); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// share makes what a detector shares with others, where it is not there yet.
func share(b *testing.B, p *detect.Picture, detector string) {
	var err error
	if detector == "fire" {
		_, err = p.Cells()
	} else {
		_, err = p.Grey()
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (c *cost) took(name string, do func()) {
	began := threadTime()
	do()
	c.spent[name] += threadTime() - began
}

// threadTime is the processor time of this thread so far.
func threadTime() time.Duration {
	const thisThread = 1 // RUSAGE_THREAD, which package syscall does not name
	var u syscall.Rusage
	if err := syscall.Getrusage(thisThread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// enlarge makes a picture as large as another.
func enlarge(b *testing.B, from, to *image.YCbCr) {
	for _, p := range [3]struct {
		from, to     []byte
		stride       int
		fw, fh, w, h int
	}{
		{from.Y, to.Y, from.YStride, from.Rect.Dx(), from.Rect.Dy(), 1920, 1080},
		{from.Cb, to.Cb, from.CStride, (from.Rect.Dx() + 1) / 2, (from.Rect.Dy() + 1) / 2, 960, 540},
		{from.Cr, to.Cr, from.CStride, (from.Rect.Dx() + 1) / 2, (from.Rect.Dy() + 1) / 2, 960, 540},
	} {
		src := gocv.NewMatWithSize(p.fh, p.fw, gocv.MatTypeCV8U)
		pix, err := src.DataPtrUint8()
		if err != nil {
			b.Fatal(err)
		}
		for y := range p.fh {
			copy(pix[y*p.fw:(y+1)*p.fw], p.from[y*p.stride:])
		}
		dst, err := gocv.NewMatFromBytes(p.h, p.w, gocv.MatTypeCV8U, p.to)
		if err != nil {
			b.Fatal(err)
		}
		gocv.Resize(src, &dst, image.Pt(p.w, p.h), 0, 0, gocv.InterpolationLinear)
		src.Close()
		dst.Close()
	}
}
