// Command guide takes the commands and files out of the guides in shared/guide, so that
// scripts/package-test does on bare machines what a reader would:
//
//	guide -out DIR FILE.md…
//
// leaves one file a block, 001.box.run for commands and 002.box.put for a file, whose first
// line is then its path. What a block is: [Block].
//
//	guide -cameras
//
// writes the vendors of shared/guide/cameras.md anew from firmware-configs/cameras.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "", "`folder` for the blocks")
	cameras := flag.Bool("cameras", false, "write the page of cameras anew")
	flag.Parse()
	if *cameras {
		if err := rewrite("shared/guide"); err != nil {
			fmt.Fprintln(os.Stderr, "guide:", err)
			os.Exit(1)
		}
		return
	}
	if *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: guide -out DIR FILE.md… | guide -cameras")
		os.Exit(2)
	}
	if err := write(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "guide:", err)
		os.Exit(1)
	}
}

// write leaves the blocks of all files in one order.
func write(dir string, files []string) error {
	n := 0
	for _, file := range files {
		blocks, err := Read(file)
		if err != nil {
			return err
		}
		for _, b := range blocks {
			how, body := "run", fmt.Sprintf("# %s:%d\n%s", filepath.Base(file), b.Line, b.Body)
			switch {
			case b.Kind == "sh":
			case b.Path != "":
				how, body = "put", b.Path+"\n"+b.Body
			default:
				continue // a part of a file: the tests have the program check it
			}
			n++
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.%s.%s", n, b.Machine, how)), []byte(body), 0o600); err != nil {
				return fmt.Errorf("write block %d of %s: %w", n, file, err)
			}
		}
	}
	return nil
}
