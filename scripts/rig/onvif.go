package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// controlFile says where a site that runs takes commands for its cameras.
const controlFile = "simulator.control"

// glass is the button behind glass at the simulator's ONVIF recorder, whose digital
// input 1 it is wired to.
const glass = "glass"

// onvifConfig are the lines of edge.yml by which the box hears the recorder, and those
// of the button at it.
func (s *site) onvifConfig() (source, device string) {
	return fmt.Sprintf("  onvif: {recorder: {address: %q}}\n", s.onvif),
		fmt.Sprintf("    %s: {name: 手动报警按钮, kind: button, source: onvif, address: recorder, input: \"1\"}\n", glass)
}

// pressGlass presses the button (on) or puts its glass back (off) beside a demo that runs.
func pressGlass(dir, word string) error {
	how, ok := map[string]string{"on": "closed", "off": "open"}[word]
	if !ok {
		return fmt.Errorf("the button is on or off, not %q", word)
	}
	control, err := os.ReadFile(filepath.Join(dir, controlFile))
	if err != nil {
		return fmt.Errorf("no demo runs here: start scripts/demo: %w", err)
	}
	resp, err := http.Post("http://"+strings.TrimSpace(string(control))+"/input/1/"+how, "", nil) //nolint:noctx // a command for people
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the simulator answers %s", resp.Status)
	}
	return nil
}
