package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"eastgate/edge/camera"
	"eastgate/edge/onvif"
	configs "eastgate/firmware-configs"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// together is how many cameras are asked at a time.
const together = 4

const discoverUsage = `edge discover [-interface eth0] [-for 3s] [-user NAME] [-password-file FILE] [-watch 10s] [-json] [ADDRESS…]
prints a camera section for edge.yml. With addresses, only those are asked, as where multicast does not reach.
The password is read from the file or from EDGE_PASSWORD. It crosses the network only as a digest, but to every
device that answers: give -user where you trust the network.
`

// A sighting is a device and what came of asking it.
type sighting struct {
	Address string         `json:"address"`
	Survey  *onvif.Survey  `json:"survey,omitempty"`
	Clock   *float64       `json:"clock_offset_s,omitempty"`
	Advice  []onvif.Advice `json:"advice,omitempty"` // on the device as a whole
	// Lenses is the advice on each of the survey's, in their order.
	Lenses  [][]onvif.Advice `json:"lens_advice,omitempty"`
	Problem string           `json:"problem,omitempty"`
}

type discovery struct {
	search   onvif.Search
	user     string
	password secret.Ref
	watch    time.Duration
	vendors  []configs.Camera
}

func (c Console) discover(ctx context.Context, args []string) error {
	var d discovery
	flags := c.flags("discover")
	flags.StringVar(&d.search.Interface, "interface", "", "network `card` to ask through")
	flags.DurationVar(&d.search.For, "for", 3*time.Second, "how long to wait for answers")
	flags.StringVar(&d.user, "user", "", "user name at the cameras")
	flags.StringVar(&d.password.File, "password-file", "", "`file` with the cameras' password; else EDGE_PASSWORD")
	flags.DurationVar(&d.watch, "watch", 0, "watch each stream for so long to measure it, such as 10s")
	asJSON := flags.Bool("json", false, "print JSON instead")
	if err := flags.Parse(args); err != nil {
		fmt.Fprint(c.Err, discoverUsage)
		return ErrUsage
	}
	if d.password.File == "" && os.Getenv("EDGE_PASSWORD") != "" {
		d.password.Env = "EDGE_PASSWORD"
	}
	var err error
	if d.vendors, err = configs.Cameras(); err != nil {
		return err
	}
	addresses := flags.Args()
	if len(addresses) == 0 {
		fmt.Fprintf(c.Err, "looking for %v …\n", d.search.For)
		if addresses, err = d.find(ctx); err != nil {
			return err
		}
	}
	found, err := d.look(ctx, addresses)
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(found)
	}
	d.print(c.Out, found)
	return nil
}

func (d discovery) find(ctx context.Context) ([]string, error) {
	found, err := onvif.Discover(ctx, d.search)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("no ONVIF device answered: is ONVIF on in the cameras' menu, is -interface the cards' network, does a firewall drop UDP 3702? Cameras of another network: edge discover ADDRESS…")
	}
	var out []string
	for _, f := range found {
		out = append(out, f.Address)
	}
	return out, nil
}

// look asks every device; one that fails says why and keeps no other from being asked.
func (d discovery) look(ctx context.Context, addresses []string) ([]sighting, error) {
	cfg := onvif.Config{Username: d.user}
	if d.user != "" {
		var err error
		if cfg.Password, err = d.password.Load(); err != nil {
			return nil, fmt.Errorf("password of %s: %w; give -password-file or EDGE_PASSWORD", d.user, err)
		}
	}
	out := make([]sighting, len(addresses))
	var g errgroup.Group
	g.SetLimit(together)
	for i, a := range addresses {
		g.Go(func() error {
			cfg := cfg
			cfg.Address = a
			out[i] = d.one(ctx, cfg)
			return ctx.Err()
		})
	}
	return out, g.Wait()
}

func (d discovery) one(ctx context.Context, cfg onvif.Config) sighting {
	s, err := onvif.Look(ctx, cfg)
	out := sighting{Address: camera.Redact(cfg.Address)}
	if err != nil {
		out.Problem = err.Error()
		if errors.Is(err, onvif.ErrNotAuthorized) && d.user == "" {
			out.Problem = "the device wants a user: give -user and EDGE_PASSWORD"
		}
		return out
	}
	out.Survey = &s
	if s.Clock.Known {
		off := float64(s.Clock.Offset.Round(time.Second/10)) / float64(time.Second)
		out.Clock = &off
	}
	vendor, _ := configs.Vendor(d.vendors, s.Manufacturer)
	out.Advice = inWordsOf(vendor, onvif.AdviseClock(s.Clock))
	for _, l := range s.Lenses {
		for i := range l.Streams[:min(2, len(l.Streams))] {
			d.measure(ctx, &l.Streams[i])
		}
		out.Lenses = append(out.Lenses, inWordsOf(vendor, l.Advice()))
	}
	return out
}

// inWordsOf adds to advice where the vendor's menu has the setting, if that is known.
func inWordsOf(v configs.Camera, advice []onvif.Advice) []onvif.Advice {
	for i, a := range advice {
		if at := v.Where(a.About); at != "" {
			advice[i].Text += " [" + at + "]"
		}
	}
	return advice
}

// measure watches a stream, if that is wanted; one that cannot be watched is not
// measured, and `edge check` and the running box will say why.
func (d discovery) measure(ctx context.Context, s *onvif.Stream) {
	if d.watch == 0 {
		return
	}
	cfg := camera.DefaultConfig()
	cfg.URL, cfg.Username = s.URI, d.user
	if d.user != "" {
		cfg.Password = d.password
	}
	if r, err := camera.Probe(ctx, cfg, d.watch); err == nil {
		s.Measured = r.KeyInterval
	}
}

// print writes a camera section. What devices say of themselves stands in quotes or
// behind #, without line breaks.
func (d discovery) print(w io.Writer, found []sighting) {
	fmt.Fprintf(w, "# Devices that answered: %d. Give the cameras names that people know, mark zones, then: edge check\ncameras:\n", len(found))
	used := map[string]int{} // names that are taken, by devices at one host too
	for _, s := range found {
		if s.Survey == nil {
			fmt.Fprintf(w, "  # %s: %s\n", oneLine(s.Address), oneLine(s.Problem))
			continue
		}
		fmt.Fprintf(w, "  # %s: %s %s, firmware %s\n", s.Survey.Host, s.Survey.Manufacturer, s.Survey.Model, s.Survey.Firmware)
		printAdvice(w, s.Advice)
		for i, l := range s.Survey.Lenses {
			key := keyOf(s.Survey.Host)
			if used[key]++; used[key] > 1 {
				key = fmt.Sprintf("%s-%d", key, used[key])
			}
			printAdvice(w, s.Lenses[i])
			d.section(w, s, l, key)
		}
	}
}

func printAdvice(w io.Writer, advice []onvif.Advice) {
	for _, a := range advice {
		fmt.Fprintf(w, "  # change: %s\n", oneLine(a.Text))
	}
}

func (d discovery) section(w io.Writer, s sighting, l onvif.Lens, key string) {
	name := strings.TrimSpace(s.Survey.Manufacturer + " " + s.Survey.Model)
	if len(s.Survey.Lenses) > 1 {
		name += " " + l.Source
	}
	fmt.Fprintf(w, "  %s:\n    name: %s\n    inputs:\n      - url: %s\n", key, strconv.Quote(name), strconv.Quote(clean(l.Main().URI)))
	if d.user != "" {
		fmt.Fprintf(w, "        username: %s\n", strconv.Quote(d.user))
		if d.password.File != "" {
			fmt.Fprintf(w, "        password: {file: %s}\n", strconv.Quote(d.password.File))
		} else {
			fmt.Fprintf(w, "        password: {env: %s}\n", d.password.Env)
		}
	}
	if sub := l.Sub(); sub != nil {
		fmt.Fprintf(w, "      # sub-stream, %d×%d: %s\n", sub.Width, sub.Height, oneLine(clean(sub.URI)))
	}
}

// clean is an address without what looks like a password in it: it would have to be
// given by reference, which these cameras do not allow.
func clean(address string) string {
	if (camera.Config{URL: address}).HasPassword() {
		return camera.Redact(address)
	}
	return address
}

// keyOf makes a name of a host that may name a camera.
func keyOf(host string) string {
	key := "cam-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(host))
	if key = key[:min(len(key), 44)]; event.ValidName(key) {
		return key
	}
	return "cam"
}

// oneLine is s as one line that is safe in a comment.
func oneLine(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// vendorHelp lists the addresses of streams by vendor, for who has only the camera's own.
func vendorHelp() string {
	vendors, err := configs.Cameras()
	if err != nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("addresses by vendor (edge discover asks the camera itself):\n")
	for _, v := range vendors {
		fmt.Fprintf(&b, "  %-10s main %-42s sub %s\n", v.Vendor, v.Streams.Main, v.Streams.Sub)
	}
	return b.String()
}

// streamless reports whether an address names no stream.
func streamless(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}
