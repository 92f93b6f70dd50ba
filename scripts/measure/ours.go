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
type ours struct{ edge string }

func (ours) name() string    { return "Eastgate" }
func (ours) kinds() []string { return []string{"fire", "parking", "motion", "tamper"} }

func (f ours) find(ctx context.Context, file string, c clip, kinds []string) ([]episode, error) {
	folder, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	config := filepath.Join(folder, "camera.yml")
	zones := map[string]any{}
	for i, z := range c.zones() {
		zones[fmt.Sprintf("zone%d", i)] = map[string]any{"kind": "no_parking", "points": z, "dwell": fmt.Sprintf("%gs", dwell)}
	}
	text, err := json.Marshal(map[string]any{"zones": zones}) // JSON is YAML
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, f.edge, "analyze", "-config", config, "-detect", strings.Join(kinds, ","), file)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaints.String()))
	}
	return episodes(out, c.Duration)
}

// episodes reads what `edge analyze` printed; an event without an end lasts as
// long as the clip.
func episodes(out []byte, duration float64) (all []episode, err error) {
	for line := range bytes.Lines(out) {
		var row struct {
			Kind    string
			Summary bool
			Start   float64  `json:"start_s"`
			End     *float64 `json:"end_s"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("edge analyze printed %q: %w", line, err)
		}
		if row.Summary {
			continue
		}
		e := episode{row.Kind, span{row.Start, duration}}
		if row.End != nil {
			e.to = *row.End
		}
		all = append(all, e)
	}
	return all, nil
}
