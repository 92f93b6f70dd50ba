// Command security proves by trial what the cloud and the boxes promise about safety:
// every route as every role, every change to the register of access, every change to a
// bundle of evidence, every hostile input of a list, and whether any secret of a running
// site is printed anywhere.
//
// scripts/prove-security builds what it starts. A trial counts only when it was made: a
// part that cannot run is an error, never a zero.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"eastgate/cloud/app/matrix"
	"eastgate/cloud/register/tamper"
)

// A Proof is the last line that -json prints.
type Proof struct {
	RoleMatrixChecked int `json:"role_matrix_checked"`
	RoleMatrixWrong   int `json:"role_matrix_wrong"`
	SecretsFound      int `json:"secrets_found"`
	TampersTried      int `json:"tampers_tried"`
	TampersFound      int `json:"tampers_found"`
	ExportsVerified   int `json:"exports_verified"`
	HostileInputs     int `json:"hostile_inputs"`
	HostileSurvived   int `json:"hostile_survived"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "security:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("security", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "end with one line of JSON")
	seed := flags.Uint64("seed", 1, "of the trials")
	only := flags.String("only", "matrix,register,exports,hostile,secrets", "the `parts` to run")
	rows := flags.Int64("measure", 0, "only measure the verification of a register of so many `rows`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eastgate-security-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *rows > 0 {
		return measure(ctx, dir, *rows)
	}
	var p Proof
	wrong, err := p.prove(ctx, dir, strings.Split(*only, ","), *seed)
	if err != nil {
		return err
	}
	for _, line := range wrong {
		fmt.Fprintln(os.Stderr, "WRONG", line)
	}
	if *asJSON {
		json.NewEncoder(os.Stdout).Encode(p)
	} else {
		fmt.Printf("%+v\n", p)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d things are wrong", len(wrong))
	}
	return nil
}

// prove runs the parts one after the other and returns a line for all that is wrong.
func (p *Proof) prove(ctx context.Context, dir string, parts []string, seed uint64) (wrong []string, err error) {
	all := map[string]func(context.Context, string) ([]string, error){
		"matrix": p.matrix, "exports": p.exports, "hostile": p.hostile, "secrets": p.secrets,
		"register": func(ctx context.Context, dir string) ([]string, error) { return p.register(ctx, dir, seed) },
	}
	for _, name := range parts {
		part, ok := all[name]
		if !ok {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		began := time.Now()
		own, err := os.MkdirTemp(dir, name+"-")
		if err != nil {
			return nil, err
		}
		faults, err := part(ctx, own)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(os.Stderr, "%-8s %5.1f s, %d wrong\n", name, time.Since(began).Seconds(), len(faults))
		for _, f := range faults {
			wrong = append(wrong, name+": "+f)
		}
	}
	return wrong, nil
}

func (p *Proof) matrix(ctx context.Context, dir string) ([]string, error) {
	got, err := matrix.Run(ctx, dir)
	p.RoleMatrixChecked, p.RoleMatrixWrong = got.Checked, len(got.Wrong)
	fmt.Fprintf(os.Stderr, "         %d routes × %d roles\n", got.Routes, got.Roles)
	return got.Wrong, err
}

// How large the register is on which trials are made, and how many of each kind.
const (
	registerRows  = 120
	registerTries = 40
)

func (p *Proof) register(ctx context.Context, dir string, seed uint64) ([]string, error) {
	got, err := tamper.Run(ctx, dir, registerRows, registerTries, seed)
	p.TampersTried += got.Tried
	p.TampersFound += got.Found
	return got.Missed, err
}

// secrets has the rig run a whole site and look for its secrets in all that it prints.
func (p *Proof) secrets(ctx context.Context, _ string) ([]string, error) {
	cmd := exec.CommandContext(ctx, ".cache/bin/rig", "secrets", "-json")
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	out, err := cmd.Output()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var hunt struct {
		Secrets, Bytes int
		Found          []string
	}
	if json.Unmarshal([]byte(lines[len(lines)-1]), &hunt) != nil || hunt.Secrets == 0 || hunt.Bytes == 0 {
		return nil, fmt.Errorf("the hunt did not come to its end: %w", err)
	}
	p.SecretsFound = len(hunt.Found)
	return hunt.Found, nil
}

func measure(ctx context.Context, dir string, rows int64) error {
	m, err := tamper.Measure(ctx, dir, rows)
	if err != nil {
		return err
	}
	fmt.Printf("%d rows are verified in %.1f s (%.0f rows a second), with %.0f MiB more memory at most\n",
		rows, m.Took.Seconds(), float64(rows)/m.Took.Seconds(), float64(m.Memory)/(1<<20))
	return nil
}
