package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"

	"eastgate/edge/config"
	"eastgate/shared/wire"
)

// sensors lists the sensors of a configuration and, where the box runs, how they are.
func (c Console) sensors(ctx context.Context, args []string) error {
	flags := c.flags("sensors")
	path := flags.String("config", "edge.yml", "configuration `file`")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	now, err := ask(ctx, f.Listen)
	if err != nil {
		fmt.Fprintln(c.Err, "how they are is not known:", err)
	}
	w := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SENSOR\tKIND\tSOURCE\tADDRESS\tEVERY\tSTATE\tHEARD\tBATTERY\tNAME")
	profiles := f.Sensors.Profiles()
	for _, id := range slices.Sorted(maps.Keys(f.Sensors.Devices)) {
		d := f.Sensors.Devices[id]
		every := "link"
		if profiles[id].Every > 0 {
			every = profiles[id].Every.String()
		}
		state, heard, battery := words(now[id])
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", id, d.Kind, d.Source, d.Address, every, state, heard, battery, d.Name)
	}
	return w.Flush()
}

// words are what a list shows of a sensor's health; "-" is unknown.
func words(h wire.SensorHealth) (state, heard, battery string) {
	state, heard, battery = "-", "-", "-"
	if h.State != nil {
		state = *h.State
	}
	if h.Test {
		state += " (test)"
	}
	if h.Heard != nil {
		heard = time.Since(*h.Heard).Round(time.Second).String() + " ago"
	}
	if h.Battery != nil {
		battery = fmt.Sprintf("%d %%", *h.Battery)
	}
	return state, heard, battery
}

// ask reads /healthz of the running box. One that is not well answers 503, and
// answers all the same.
func ask(ctx context.Context, listen string) (map[string]wire.SensorHealth, error) {
	if listen == "" {
		return nil, errors.New("listen is empty in the configuration")
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/healthz", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var h struct {
		Parts struct {
			Sensors struct {
				Devices []wire.SensorHealth `json:"devices"`
			} `json:"sensors"`
		} `json:"parts"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&h); err != nil {
		return nil, fmt.Errorf("/healthz at %s: %w", listen, err)
	}
	out := map[string]wire.SensorHealth{}
	for _, s := range h.Parts.Sensors.Devices {
		out[s.Sensor] = s
	}
	return out, nil
}
