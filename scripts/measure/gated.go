package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// before is how long, in seconds, a place is still before its clip begins: longer than
// the gate takes to know it.
const before = 20.0

// sent is a clip as a camera sends it: constant 2 Mbit/s, a key picture each two
// seconds, and before it the first picture with a sensor's noise.
var sent = damage{
	name: "sent", coder: []string{"-preset", "veryfast", "-bf", "0", "-sc_threshold", "0", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M"},
}

// sentBy is how a clip is coded as a camera sends it.
func sentBy(c clip) []string {
	keys := fmt.Sprint(max(1, int(2*c.FPS+0.5)))
	return append(slices.Clone(sent.coder), "-g", keys, "-keyint_min", keys)
}

// send makes the copy of a clip that a camera would send, unless there is one.
func send(ctx context.Context, o options, c clip) (string, error) {
	to := filepath.Join(o.cache, sent.name, filepath.Base(c.File)+".mkv")
	if _, err := os.Stat(to); err == nil {
		return to, nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", err
	}
	args := append([]string{
		"-v", "error", "-y", "-threads", "1", "-i", filepath.Join(o.data, c.File), "-an",
		"-vf", fmt.Sprintf("fps=%g,format=yuv420p,tpad=start_mode=clone:start_duration=%g,noise=alls=4:allf=t,pad=ceil(iw/2)*2:ceil(ih/2)*2", c.FPS, before),
		"-c:v", "libx264", "-threads", "1",
	}, sentBy(c)...)
	part := to + ".part"
	if out, err := exec.CommandContext(ctx, "ffmpeg", append(args, "-f", "matroska", part)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("ffmpeg, %s: %w: %s", c.File, err, out)
	}
	return to, os.Rename(part, to)
}

// later is the clip's truth when it begins so much later. What is there from the
// beginning on is not what changes when the clip begins.
func (c clip) later(by float64) clip {
	c.Duration += by
	c.Truth = slices.Clone(c.Truth)
	for i := range c.Truth {
		c.Truth[i].Start += by
		c.Truth[i].End += by
	}
	return c
}

// gated is what the gate changes of one kind, over all clips.
type gated struct {
	off, on verdict
	lost    []string  // found without the gate and not with it
	later   []float64 // seconds that what both found was told later
}

// measureGate has every clip looked at with the gate and without it.
func measureGate(ctx context.Context, o options, clips []clip) (string, error) {
	kinds := map[string]*gated{}
	var whole, some cost
	for _, c := range clips {
		file, err := send(ctx, o, c)
		if err != nil {
			return "", err
		}
		c = c.later(before)
		about := slices.DeleteFunc(slices.Clone(o.kinds), func(k string) bool { return !c.about(k) })
		off, a, err := ours{edge: o.edge}.look(ctx, file, c, about)
		if err != nil {
			return "", err
		}
		on, b, err := ours{edge: o.edge, gate: true}.look(ctx, file, c, about)
		if err != nil {
			return "", err
		}
		whole, some = whole.and(a), some.and(b)
		fmt.Fprintf(os.Stderr, "%s: %d events without the gate, %d with it, %.0f %% decoded\n", c.File, len(off), len(on), 100*b.share())
		for _, k := range about {
			g := kinds[k]
			if g == nil {
				g = &gated{}
				kinds[k] = g
			}
			g.compare(rules[k], c, off, on)
		}
	}
	return gateTable(o.kinds, kinds, whole, some), nil
}

// compare judges what was said of one clip.
func (g *gated) compare(r rule, c clip, off, on []episode) {
	g.off, g.on = g.off.and(r.judge(c, off)), g.on.and(r.judge(c, on))
	for _, p := range c.spans(r.positive...) {
		if p.to-p.from < r.least {
			continue
		}
		at, found := r.first(p, off)
		then, also := r.first(p, on)
		switch {
		case found && !also:
			g.lost = append(g.lost, fmt.Sprintf("%s at %.1f s", strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File)), p.from-before))
		case found:
			g.later = append(g.later, max(then, p.from)-max(at, p.from))
		}
	}
}

func (v verdict) and(w verdict) verdict {
	v.found, v.wanted, v.right, v.wrong = v.found+w.found, v.wanted+w.wanted, v.right+w.right, v.wrong+w.wrong
	v.negative += w.negative
	return v
}

// A cost is what looking at films took.
type cost struct{ in, decoded, cpu float64 }

func (a cost) and(b cost) cost { return cost{a.in + b.in, a.decoded + b.decoded, a.cpu + b.cpu} }

func (a cost) share() float64 { return a.decoded / a.in }

// gateTable is the table of what the gate changes.
func gateTable(order []string, kinds map[string]*gated, whole, some cost) string {
	var b strings.Builder
	b.WriteString("| kind | found without the gate | with it | lost | false without | with it | later p50 | p95 |\n|---|---|---|---|---|---|---|---|\n")
	var all []float64
	for _, k := range order {
		g := kinds[k]
		if g == nil {
			continue
		}
		all = append(all, g.later...)
		fmt.Fprintf(&b, "| %s | %d of %d | %d | %s | %d | %d | %s | %s |\n", k, g.off.found, g.off.wanted, g.on.found,
			cmp.Or(strings.Join(g.lost, ", "), "nothing"), g.off.wrong, g.on.wrong, quantile(g.later, 0.5), quantile(g.later, 0.95))
	}
	fmt.Fprintf(&b, "| all | | | | | | %s | %s |\n", quantile(all, 0.5), quantile(all, 0.95))
	fmt.Fprintf(&b, "\nDecoded with the gate: %.1f %% of the pictures; processor time: %.2f of what it takes without.\n", 100*some.share(), some.cpu/whole.cpu)
	return b.String()
}

// quantile is the value below which a share q of them lies, the nearest rank.
func quantile(values []float64, q float64) string {
	if len(values) == 0 {
		return "–"
	}
	sorted := slices.Sorted(slices.Values(values))
	return fmt.Sprintf("%.1f s", sorted[min(len(sorted)-1, int(q*float64(len(sorted))))])
}
