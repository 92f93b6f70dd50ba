package main

import (
	"fmt"
	"io"
)

// A table prints results as rows of Markdown.
type table struct {
	out   io.Writer
	begun bool
}

const columns = "| cameras | mix | seen | CPU-s per camera-s | cores | x ffmpeg | x Frigate's pipe | x motion | in | decoded | share | judged | found | delay p50 / p95 | to the wire p95 | MB per camera | drops: told / not |\n" +
	"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"

func (t *table) row(r result) {
	if !t.begun {
		fmt.Fprint(t.out, columns)
		t.begun = true
	}
	fmt.Fprintf(t.out, "| %d | %s | %s | %.5f | %.2f | %s | %s | %s | %.0f | %.0f | %.3f | %.0f | %d of %d | %s / %s | %s | %.1f | %.0f / %.0f |\n",
		r.Cameras, r.Mix, map[bool]string{false: "main", true: "sub"}[r.Sub], r.CPU["edge"], r.Cores, or(r.FFmpeg), or(r.Frigate), or(r.Motion), r.In, r.Decoded, r.Share, r.Judged,
		r.Found, r.Planted, or(r.Delay50), or(r.Delay95), or(r.Wire95), r.PerCamera, r.Dropped, r.Unreported)
}

// or prints a figure, or that there is none.
func or(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%g", *x)
}
