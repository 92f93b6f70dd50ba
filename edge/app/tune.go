package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"eastgate/edge/config"
	"eastgate/edge/confirm"
	"eastgate/edge/gate"
	"eastgate/shared/strict"
)

// A tuning shows what each setting of a camera would have raised on recorded clips.
type tuning struct {
	camera config.Camera
	only   []string // kinds of detectors; empty means all
	tries  []try    // empty means those of proposals
	json   bool
	out    io.Writer
	log    *slog.Logger
	// progress is told what is played and how far that is, 0 to 1; may be nil.
	progress func(what string, done float64)
}

// A tried setting: its path among the camera's settings, and a value as YAML. The
// empty path is the camera as it is.
type try struct{ path, value string }

func (t try) String() string {
	if t.path == "" {
		return "as it is"
	}
	return t.path + " = " + t.value
}

// An outcome is what one setting raised on one clip.
type outcome struct {
	File    string `json:"file"`
	Setting string `json:"setting,omitempty"` // its path; none is the camera as it is
	Value   string `json:"value,omitempty"`
	Raised  []line `json:"raised"`
}

// tune runs the command `edge tune`.
func (c Console) tune(ctx context.Context, args []string) error {
	flags := c.flags("tune")
	path := flags.String("config", "", "the box's configuration with -camera, or a camera section")
	name := flags.String("camera", "", "`name` of the camera in the box's configuration")
	only := flags.String("detect", "", "kinds to look for: "+strings.Join(KindNames(), ",")+"; empty means all")
	asJSON := flags.Bool("json", false, "one JSON object for each clip and setting")
	t := tuning{out: c.Out, log: slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	flags.Func("try", "`path=value,value…` to try, such as detect.motion.min_area=0.001,0.004; may be repeated", func(s string) error {
		path, values, ok := strings.Cut(s, "=")
		if !ok || path == "" || values == "" {
			return fmt.Errorf("%q is not path=value", s)
		}
		for _, v := range strings.Split(values, ",") {
			t.tries = append(t.tries, try{path, v})
		}
		return nil
	})
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		fmt.Fprintln(c.Err, "edge tune [-camera NAME] [-config FILE] [-detect KINDS] [-try PATH=VALUE,…] [-json] FILE…")
		return ErrUsage
	}
	t.json = *asJSON
	var err error
	if t.only, err = named(*only); err != nil {
		return err
	}
	if t.camera, err = cameraOf(*path, *name); err != nil {
		return err
	}
	if c.Terminal {
		bar := &bar{w: c.Err}
		t.progress = bar.show
		defer bar.end()
	}
	return t.run(ctx, flags.Args())
}

// cameraOf reads how a camera is to be looked at: a camera section, or one of the
// cameras of a box's configuration; without a file, everything in the whole picture.
func cameraOf(path, name string) (config.Camera, error) {
	switch {
	case path == "":
		return config.Camera{Detect: config.Everything(), Gate: gate.DefaultConfig()}, nil
	case name == "":
		data, err := os.ReadFile(path)
		if err != nil {
			return config.Camera{}, fmt.Errorf("read camera: %w", err)
		}
		c, faults := config.ParseCamera(data)
		return c, errors.Join(strict.At(path, faults...)...)
	}
	file, err := config.Load(path)
	if err != nil {
		return config.Camera{}, err
	}
	c, known := file.Cameras[name]
	if !known {
		return c, fmt.Errorf("%s has no camera %q: it has %s", path, name, strings.Join(slices.Sorted(maps.Keys(file.Cameras)), ", "))
	}
	return c, nil
}

// run tries each setting on each clip. A clip that cannot be read is told and does
// not keep the others from being tried.
func (t tuning) run(ctx context.Context, files []string) error {
	tries := t.tries
	if len(tries) == 0 {
		tries = proposals(t.camera, t.only)
	}
	var all []outcome
	var faults []error
	for _, try := range append([]try{{}}, tries...) {
		c, err := try.on(t.camera)
		if err != nil {
			return err
		}
		for _, file := range files {
			o, err := t.play(ctx, c, try, file)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", try, err))
				continue
			}
			all = append(all, o)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(faults, t.print(all))...)
}

// on returns a camera with the setting over it, checked as the box would.
func (t try) on(c config.Camera) (config.Camera, error) {
	if t.path == "" {
		return c, nil
	}
	settings, err := c.Settings().JSON()
	if err != nil {
		return c, err
	}
	var tree map[string]any
	if err := json.Unmarshal(settings, &tree); err != nil {
		return c, err
	}
	if err := t.put(tree); err != nil {
		return c, err
	}
	if settings, err = json.Marshal(tree); err != nil {
		return c, err
	}
	out, errs := c.With(settings)
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("%s: %w", t, err)
	}
	return out, nil
}

// put sets the value at the path, which must lead through what is there.
func (t try) put(tree map[string]any) error {
	steps := strings.Split(t.path, ".")
	for _, s := range steps[:len(steps)-1] {
		next, ok := tree[s].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: the camera has no %q, but %s", t.path, s, strings.Join(slices.Sorted(maps.Keys(tree)), ", "))
		}
		tree = next
	}
	var value any
	if json.Unmarshal([]byte(t.value), &value) != nil {
		value = t.value // a word, such as 30s
	}
	tree[steps[len(steps)-1]] = value
	return nil
}

// play analyses a clip with the very pipeline of `edge analyze`.
func (t tuning) play(ctx context.Context, c config.Camera, try try, file string) (outcome, error) {
	var buf bytes.Buffer
	only := t.only
	if k := kindOf(try.path); k != "" {
		only = []string{k} // other kinds raise what they raised
	}
	o := outcome{File: file, Setting: try.path, Value: try.value, Raised: []line{}}
	a := Analysis{Camera: c, Only: only, Out: &buf, Log: t.log}
	if t.progress != nil {
		a.Progress = func(file string, done float64) { t.progress(filepath.Base(file)+", "+try.String(), done) }
	}
	if err := a.File(ctx, file); err != nil {
		return o, err
	}
	for d := json.NewDecoder(&buf); d.More(); {
		var l struct {
			line
			Summary bool `json:"summary"`
		}
		if err := d.Decode(&l); err != nil {
			return o, err
		}
		if !l.Summary {
			o.Raised = append(o.Raised, l.line)
		}
	}
	return o, nil
}

// kindOf is the kind of detector that a setting tunes; empty where it may be several.
func kindOf(path string) string {
	rest, ok := strings.CutPrefix(path, "detect.")
	name, _, _ := strings.Cut(rest, ".")
	if ok && slices.Contains(KindNames(), name) {
		return name
	}
	return ""
}

func (t tuning) print(all []outcome) error {
	if t.json {
		enc := json.NewEncoder(t.out)
		for _, o := range all {
			if err := enc.Encode(o); err != nil {
				return err
			}
		}
		return nil
	}
	slices.SortStableFunc(all, func(a, b outcome) int { return cmp.Compare(a.File, b.File) })
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	last := ""
	for _, o := range all {
		if o.File != last {
			fmt.Fprintf(w, "%s\nsetting\tevents\twhen (s)\n", o.File)
			last = o.File
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", try{o.Setting, o.Value}, len(o.Raised), times(o.Raised))
	}
	return w.Flush()
}

// times lists when events were raised and ended.
func times(raised []line) string {
	const most = 12
	var out []string
	for i, l := range raised {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(raised)-most))
			break
		}
		end := ""
		if l.End != nil {
			end = fmt.Sprintf("%.1f", *l.End)
		}
		what := string(l.Kind)
		if l.Zone != "" {
			what += " " + l.Zone
		}
		out = append(out, fmt.Sprintf("%s %.1f–%s", what, l.Start, end))
	}
	return strings.Join(out, ", ")
}

// proposals are settings around those of a camera that are worth trying.
func proposals(c config.Camera, only []string) []try {
	var out []try
	add := func(kind, path string, values ...any) {
		if chosen(kind, only) {
			for _, v := range values {
				out = append(out, try{path, fmt.Sprint(v)})
			}
		}
	}
	d := c.Detect
	if d.Motion.Enabled {
		add("motion", "detect.motion.min_area", d.Motion.MinArea/2, d.Motion.MinArea*2, d.Motion.MinArea*4)
		add("motion", "detect.motion.far", 1)
	}
	if d.Fire.Enabled {
		add("fire", "detect.fire.caution", d.Fire.Caution+0.5, d.Fire.Caution+1)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Zones)) {
		z := c.Zones[name]
		if !d.Parking.Enabled || !z.Standing() {
			continue
		}
		dwell := z.Dwell
		if dwell == 0 {
			dwell = confirm.Rules()[z.Kind()].Dwell
		}
		add("parking", "zones."+name+".dwell", dwell/2, dwell*2)
		add("parking", "zones."+name+".min_score", 0.6, 0.8)
	}
	if d.Parking.Enabled && chosen("parking", only) && len(c.Zones) > 0 {
		add("parking", "detect.parking.min_area", d.Parking.MinArea/2, d.Parking.MinArea*2)
	}
	if d.Tamper.Enabled {
		add("tamper", "detect.tamper.frozen_after", d.Tamper.FrozenAfter*2)
	}
	return slices.DeleteFunc(out, func(t try) bool { _, err := t.on(c); return err != nil })
}
