package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// cpuOf reads a process's user and system time from the kernel (proc(5), stat, fields
// 14 and 15, in ticks of 10 ms).
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("cpu time of process %d cannot be read", pid)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

// rssOf is a process's resident memory in MiB.
func rssOf(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if word, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(word), "kB")), 64)
			return kb / 1024
		}
	}
	return 0
}

// A gauge is what /metrics says: sums over everything but the camera, by name and camera.
type gauge map[string]map[string]float64

// sum adds up a metric over all cameras.
func (g gauge) sum(name string) float64 {
	total := 0.0
	for _, v := range g[name] {
		total += v
	}
	return total
}

// scrape reads a box's metrics.
func scrape(addr string) (gauge, error) {
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	g := gauge{}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, rest, ok := strings.Cut(lines.Text(), "{")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		labels, value, ok := strings.Cut(rest, "} ")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil {
			continue
		}
		_, camera, _ := strings.Cut(labels, `camera="`)
		camera, _, _ = strings.Cut(camera, `"`)
		if g[name] == nil {
			g[name] = map[string]float64{}
		}
		g[name][camera] += v
	}
	return g, lines.Err()
}

// ask reads JSON.
func ask(url string, into any) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

func round(x float64, digits int) float64 {
	k := math.Pow10(digits)
	return math.Round(x*k) / k
}
