package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/config"
	"eastgate/shared/secret"
)

// A Console is where a command speaks: answers on Out, words for people on Err.
type Console struct {
	Out, Err io.Writer
	In       io.Reader // nil: nothing is read
	// Terminal says that Err is a screen, where a progress bar makes sense.
	Terminal bool
	Version  string
}

// Usage is what the program says when it is asked wrongly.
const Usage = `edge: the gateway of one place

  edge run     -config edge.yml          work until told to stop
  edge enrol   -cloud https://… CODE     gets this box its certificate; the cloud's administrator makes the code
  edge check   -config edge.yml          every fault of a configuration at once
  edge discover [-user NAME] [ADDRESS…]  the cameras of the network, as a section of edge.yml
  edge probe   [-for 10s] URL            what a camera sends, and what is wrong with it
  edge sensors -config edge.yml          which sensors there are, and how they are
  edge analyze [-config zones.yml] [-detect motion,fire,parking,tamper] FILE…
                                         the same detectors on video files
  edge tune [-config edge.yml -camera NAME] [-try PATH=VALUE,…] [-json] FILE…
                                         what each setting would have raised on a camera's clips
  edge doctor  -config edge.yml [-json]  what is wrong on this machine, and how to mend it
  edge health  -config edge.yml [-wait 60s]
                                         whether the running box does its work
  edge version
`

// ErrUsage says that the command line was wrong and the reason has been told.
var ErrUsage = errors.New("wrong usage")

// Command runs one command line.
func (c Console) Command(ctx context.Context, args []string) error {
	commands := map[string]func(context.Context, []string) error{
		"run": c.run, "enrol": c.enrol, "check": c.check, "probe": c.probe, "discover": c.discover, "analyze": c.analyze,
		"tune":    c.tune,
		"sensors": c.sensors, "doctor": c.doctor, "health": c.health, "version": c.version,
	}
	if len(args) > 0 {
		if cmd, ok := commands[args[0]]; ok {
			return cmd(ctx, args[1:])
		}
	}
	fmt.Fprint(c.Err, Usage)
	return ErrUsage
}

func (c Console) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("edge "+name, flag.ContinueOnError)
	f.SetOutput(c.Err)
	return f
}

func (c Console) version(context.Context, []string) error {
	_, err := fmt.Fprintln(c.Out, "edge", c.Version)
	return err
}

func (c Console) run(ctx context.Context, args []string) error {
	flags := c.flags("run")
	path := flags.String("config", "edge.yml", "configuration `file`")
	level := flags.String("log", "info", "least level to log: debug, info, warn, error")
	profile := flags.String("profile", "", "write to this `file`, until it ends, where processor time goes (for go tool pprof)")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	var least slog.Level
	if err := least.UnmarshalText([]byte(*level)); err != nil {
		return fmt.Errorf("-log: %w", err)
	}
	log := slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: least}))
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	stop, err := profiled(*profile)
	if err != nil {
		return err
	}
	defer stop()
	box, err := New(f, c.Version, log)
	if err != nil {
		return err
	}
	log.Info("running", "site", f.Site, "box", f.Box, "cameras", len(f.Cameras), "health", box.Addr())
	return errors.Join(box.Run(ctx), box.Close())
}

func (c Console) check(_ context.Context, args []string) error {
	flags := c.flags("check")
	path := flags.String("config", "edge.yml", "configuration `file`")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s: good: %d cameras, %d sensors\n", *path, len(f.Cameras), len(f.Sensors.Devices))
	return err
}

func (c Console) probe(ctx context.Context, args []string) error {
	flags := c.flags("probe")
	length := flags.Duration("for", 10*time.Second, "how long to watch")
	transport := flags.String("transport", "auto", "auto, tcp or udp")
	user := flags.String("user", "", "user name, unless it is in the address")
	ca := flags.String("ca", "", "PEM `file` of an own certificate authority, for rtsps")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprintln(c.Err, "edge probe [-for 10s] [-transport tcp] [-user NAME] [-ca FILE] URL; the password is read from EDGE_PASSWORD")
		fmt.Fprint(c.Err, vendorHelp())
		return ErrUsage
	}
	cfg := camera.DefaultConfig()
	cfg.URL, cfg.Transport, cfg.Username, cfg.CAFile = flags.Arg(0), *transport, *user, *ca
	if os.Getenv("EDGE_PASSWORD") != "" {
		cfg.Password = secret.Ref{Env: "EDGE_PASSWORD"}
	}
	if err := errors.Join(cfg.Validate()...); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "watching for %v …\n", *length)
	report, err := camera.Probe(ctx, cfg, *length)
	if err != nil {
		if streamless(cfg.URL) {
			fmt.Fprint(c.Err, "the address names no stream; ", vendorHelp())
		}
		return err
	}
	enc := json.NewEncoder(c.Out)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

func (c Console) analyze(ctx context.Context, args []string) error {
	flags := c.flags("analyze")
	path := flags.String("config", "", "camera section with zones, masks and detection")
	only := flags.String("detect", "", "kinds to look for: "+strings.Join(KindNames(), ",")+"; empty means all")
	gateWord := flags.String("gate", "off", "on or off: whether to leave out what the gate of a running box would")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		fmt.Fprintln(c.Err, "edge analyze [-config zones.yml] [-detect "+strings.Join(KindNames(), ",")+"] [-gate on|off] FILE…")
		return ErrUsage
	}
	a := Analysis{
		Out: c.Out, Gate: *gateWord == "on",
		Log: slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if *gateWord != "on" && *gateWord != "off" {
		return fmt.Errorf("-gate: %q is neither on nor off", *gateWord)
	}
	var err error
	if a.Only, err = named(*only); err != nil {
		return err
	}
	if a.Camera, err = cameraOf(*path, ""); err != nil {
		return err
	}
	if c.Terminal {
		bar := &bar{w: c.Err}
		a.Progress = bar.show
		defer bar.end()
	}
	var faults []error
	for _, file := range flags.Args() { // one bad file does not keep the others from being read
		if err := a.File(ctx, file); err != nil {
			faults = append(faults, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(faults...)
}

// named reads which kinds of detectors a person names; none means all.
func named(words string) ([]string, error) {
	if words == "" {
		return nil, nil
	}
	kinds := strings.Split(words, ",")
	for _, k := range kinds {
		if !slices.Contains(KindNames(), k) {
			return nil, fmt.Errorf("-detect: %q is none of %s", k, strings.Join(KindNames(), ", "))
		}
	}
	return kinds, nil
}
