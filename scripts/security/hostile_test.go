package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestWhatIsNotSurvivedIsTold: the trials can fail, each in its way.
func TestWhatIsNotSurvivedIsTold(t *testing.T) {
	kept := [][]byte{}
	for want, try := range map[string]func(context.Context) error{
		"panic: broken": func(context.Context) error { panic("broken") },
		"let in":        func(context.Context) error { return errors.New("let in") },
		"it took": func(context.Context) error {
			for range tryMemory>>20 + 100 {
				kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
			}
			time.Sleep(50 * time.Millisecond)
			kept = nil
			return nil
		},
	} {
		if err := (attack{want, try}).survive(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := (attack{"harmless", func(context.Context) error { return nil }}).survive(t.Context()); err != nil {
		t.Error(err)
	}
	if refused(nil) == nil || refused(errors.New(strings.Repeat("x", 100_000))) == nil || refused(errors.New("no")) != nil {
		t.Error("a refusal is a short error")
	}
}

// TestALeakIsTold has a server answer with a file that is nobody's.
func TestALeakIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\nroot:x:0:0:") //nolint:errcheck // the test would fail
			conn.Close()
		}
	}()
	if _, err := raw(t.Context(), l.Addr().String(), strings.NewReader("GET /../etc/passwd HTTP/1.1\r\n\r\n")); err == nil {
		t.Error("nothing is told")
	}
}

// TestBundlesAreVerified takes bundles out and spoils them.
func TestBundlesAreVerified(t *testing.T) {
	var p Proof
	wrong, err := p.exports(t.Context(), t.TempDir())
	if err != nil || len(wrong) > 0 || p.ExportsVerified != bundles {
		t.Errorf("%+v, %q, %v", p, wrong, err)
	}
}
