package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Damaged clips are made small, and long ones left out: damaging takes longer than
// it teaches.
const (
	longestDamaged = 45.0 // seconds
	widestDamaged  = 640  // pixels
	damagedRate    = 10   // pictures a second
)

// undamaged is the damage that does nothing else: what others are compared with.
const undamaged = "as they are"

// A damage is what weather, a bad lens or a bad line makes of a clip.
type damage struct {
	name, says string
	// graph is FFmpeg's, of the clip's width and height.
	graph func(w, h int) string
	coder []string
}

// good is a coder that adds next to nothing.
var good = []string{"-crf", "21"}

func plain(graph string) func(int, int) string {
	return func(int, int) string { return graph }
}

var damages = []damage{
	{undamaged, "10 pictures a second, at most 640 wide, coded anew", plain("null"), good},
	{"noise", "as of a cheap sensor at night, new in each picture", plain("noise=alls=28:allf=t"), good},
	{"fog", "60 % of the contrast and half of the colour gone", plain("lutyuv=y=val*0.4+95:u=(val-128)*0.5+128:v=(val-128)*0.5+128"), good},
	{"rain", "bright streaks, others in each picture", rain, good},
	{"blur", "out of focus by 1/160 of the width", func(w, _ int) string { return fmt.Sprintf("gblur=sigma=%g", float64(w)/160) }, good},
	{"low light", "a third of the light, and noise", plain("lutyuv=y=16+(val-16)*0.3:u=(val-128)*0.6+128:v=(val-128)*0.6+128,noise=alls=9:allf=t"), good},
	{"frame drops", "two thirds of the pictures lost, irregularly", plain("select='lt(mod(n*n*7+n*3,29),10)'"), good},
	{"256 kbit/s", "coded anew at 256 kbit/s", plain("null"), []string{"-b:v", "256k", "-maxrate", "256k", "-bufsize", "512k"}},
}

func rain(w, h int) string {
	return fmt.Sprintf("null[v];color=black:s=%d*%d:r=%d,format=gray,noise=alls=100:allf=t,lut=y='if(gt(val,110),255,0)',avgblur=sizeX=1:sizeY=9,lut=y='min(255,val*9)',format=yuv420p[r];"+
		"[v][r]blend=c0_mode=screen:c0_opacity=0.6:c1_mode=normal:c2_mode=normal:shortest=1", w, h, damagedRate)
}

// apply makes a damaged copy of a clip, unless there is one, and returns its name.
func (d damage) apply(ctx context.Context, o options, c clip) (string, error) {
	to := filepath.Join(o.cache, filepath.Base(d.name), filepath.Base(c.File)+".mkv")
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", err
	}
	part := to + ".part"
	w := min(c.Width, widestDamaged) &^ 1
	h := max(2, c.Height*w/c.Width&^1)
	graph := fmt.Sprintf("[0:v]fps=%d,scale=%d:%d,format=yuv420p,%s", damagedRate, w, h, d.graph(w, h))
	args := []string{
		"-v", "error", "-y", "-threads", "1", "-i", filepath.Join(o.data, c.File), "-filter_complex_threads", "1",
		"-filter_complex", graph, "-vsync", "vfr", "-an",
		"-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p",
	}
	args = append(append(args, d.coder...), "-f", "matroska", part)
	if out, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("ffmpeg, %s of %s: %w: %s", d.name, c.File, err, out)
	}
	return to, os.Rename(part, to)
}
