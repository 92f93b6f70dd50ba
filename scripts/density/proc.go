package main

import (
	"bufio"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// stat is what the kernel says of a process.
func stat(pid int) (procfs.ProcStat, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return procfs.ProcStat{}, err
	}
	return p.Stat()
}

// cpuOf is a process's user and system time.
func cpuOf(pid int) (time.Duration, error) {
	s, err := stat(pid)
	return time.Duration(s.CPUTime() * float64(time.Second)), err
}

// rssOf is a process's resident memory in MiB.
func rssOf(pid int) (float64, error) {
	s, err := stat(pid)
	return float64(s.ResidentMemory()) / (1 << 20), err
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
