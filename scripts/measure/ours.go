package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A finder looks for things in a clip.
type finder interface {
	name() string
	kinds() []string // those it knows
	find(ctx context.Context, file string, c clip, kinds []string) ([]episode, error)
}

// ours is the edge program itself.
type ours struct {
	edge string
	gate bool // as a box runs it, instead of looking at everything
}

func (ours) name() string    { return "Eastgate" }
func (ours) kinds() []string { return []string{"fire", "parking", "motion", "tamper"} }

func (f ours) find(ctx context.Context, file string, c clip, kinds []string) ([]episode, error) {
	all, _, err := f.look(ctx, file, c, kinds)
	return all, err
}

// look also says what that took.
func (f ours) look(ctx context.Context, file string, c clip, kinds []string) ([]episode, cost, error) {
	folder, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return nil, cost{}, err
	}
	defer os.RemoveAll(folder)
	config := filepath.Join(folder, "camera.yml")
	zones := map[string]any{}
	for i, z := range c.zones() {
		zones[fmt.Sprintf("zone%d", i)] = map[string]any{"kind": "no_parking", "points": z, "dwell": fmt.Sprintf("%gs", dwell)}
	}
	text, err := json.Marshal(map[string]any{"zones": zones}) // JSON is YAML
	if err != nil {
		return nil, cost{}, err
	}
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return nil, cost{}, err
	}
	gate := "off"
	if f.gate {
		gate = "on"
	}
	cmd := exec.CommandContext(ctx, f.edge, "analyze", "-gate", gate, "-config", config, "-detect", strings.Join(kinds, ","), file)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, cost{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaints.String()))
	}
	return episodes(out, c.Duration)
}

// episodes reads what `edge analyze` printed; an event without an end lasts as
// long as the clip.
func episodes(out []byte, duration float64) (all []episode, spent cost, err error) {
	for line := range bytes.Lines(out) {
		var row struct {
			Kind    string
			Summary bool
			Start   float64  `json:"start_s"`
			End     *float64 `json:"end_s"`
			Late    float64  `json:"late_s"`
			In      float64  `json:"frames_in"`
			Decoded float64  `json:"frames_decoded"`
			CPU     float64  `json:"cpu_s"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, cost{}, fmt.Errorf("edge analyze printed %q: %w", line, err)
		}
		if row.Summary {
			spent = spent.and(cost{row.In, row.Decoded, row.CPU})
			continue
		}
		e := episode{row.Kind, span{row.Start + row.Late, duration}}
		if row.End != nil {
			e.to = max(e.from, *row.End)
		}
		all = append(all, e)
	}
	return all, spent, nil
}
