package app

import (
	"fmt"
	"io"
	"strings"
)

// A bar draws how far a file is. It redraws only when a step of one in a hundred
// is done.
type bar struct {
	w    io.Writer
	last string
}

func (b *bar) show(file string, done float64) {
	const width = 30
	full := int(done * width)
	text := fmt.Sprintf("\r%-40.40s [%s%s] %3d%%", file, strings.Repeat("=", full), strings.Repeat(" ", width-full), int(done*100))
	if text != b.last {
		b.last = text
		fmt.Fprint(b.w, text)
	}
}

func (b *bar) end() {
	if b.last != "" {
		fmt.Fprint(b.w, "\r"+strings.Repeat(" ", 80)+"\r")
	}
}
