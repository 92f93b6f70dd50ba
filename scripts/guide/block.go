package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// A Block is a fenced block of a guide. Its first line says what it is and where it belongs:
//
//	```sh centre                        commands, typed as root at the centre
//	```sh box                           … at the box
//	```sh here                          … where the packages are built, in the project's folder
//	```yaml box /etc/eastgate/edge.yml  a file there
//	```yaml centre                      a part of the centre's configuration
//	```text                             what is only read
//
// Words in capitals are what the reader fills in: see [Words].
type Block struct {
	Line    int    // of the fence
	Kind    string // sh, yaml, or text
	Machine string // centre, box, or here
	Path    string // of a whole file
	Body    string
}

// Words are what readers fill in, and what they are in tests that ask only for the form.
var Words = map[string]string{
	"CENTRE":   "centre.example",
	"CODE":     "AAAA-BBBB",
	"STREAM":   "rtsp://192.168.1.20/stream",
	"PASSWORD": "camera-password",
}

// filledIn puts something in for each of Words.
func filledIn(s string) string {
	for word, value := range Words {
		s = regexp.MustCompile(`\b`+word+`\b`).ReplaceAllLiteralString(s, value)
	}
	return s
}

var fence = regexp.MustCompile("^```(\\S*) ?(\\S*) ?(\\S*)$")

// Read returns the blocks of a guide, in their order. A block that is none of those that
// [Block] names is a fault: nothing would run it. So are blocks by indentation.
func Read(file string) ([]Block, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read guide: %w", err)
	}
	var out []Block
	var open *Block
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch m := fence.FindStringSubmatch(line); {
		case open != nil && line == "```":
			out, open = append(out, *open), nil
		case open != nil:
			open.Body += line + "\n"
		case m != nil:
			open = &Block{Line: n, Kind: m[1], Machine: m[2], Path: m[3]}
			if err := open.check(); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, n, err)
			}
		case strings.HasPrefix(line, "    "), strings.HasPrefix(line, "\t"), strings.Contains(line, "```"):
			return nil, fmt.Errorf("%s:%d: a block by indentation, or a fence that is none: nothing would run it", file, n)
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s:%d: the block does not end", file, open.Line)
	}
	return out, lines.Err()
}

func (b Block) check() error {
	machines := map[string][]string{"sh": {"centre", "box", "here"}, "yaml": {"centre", "box"}, "text": {""}}[b.Kind]
	if !slices.Contains(machines, b.Machine) || (b.Path != "") && (b.Kind != "yaml" || !strings.HasPrefix(b.Path, "/")) {
		return fmt.Errorf("a block is sh, yaml or text, and at centre, box or here: not %q %q %q", b.Kind, b.Machine, b.Path)
	}
	return nil
}

// Commands are the lines of a block that do something, without comments.
func (b Block) Commands() []string {
	var out []string
	if b.Kind != "sh" {
		return nil
	}
	for line := range strings.Lines(b.Body) {
		if line = withoutComment(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func withoutComment(line string) string {
	if at := regexp.MustCompile(`(^|\s)#`).FindStringIndex(line); at != nil {
		line = line[:at[0]]
	}
	return strings.TrimRight(line, " \n")
}
