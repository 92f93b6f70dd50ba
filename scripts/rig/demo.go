package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// demoDir holds what the demo writes.
var demoDir = filepath.Join(".cache", "demo")

// demo shows the site until it is told to stop.
func demo(ctx context.Context, videos string) error {
	views, err := choose(ctx, videos)
	if err != nil {
		return err
	}
	s, err := newSite(demoDir, "127.0.0.1:8080")
	if err != nil {
		return err
	}
	defer s.down()
	fmt.Fprintf(os.Stderr, "starting the cloud, %d cameras and one edge box …\n", len(views))
	if err := s.show(ctx, views); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while starting
		}
		return err
	}
	fmt.Printf(`
  Console      http://%s
  Login        %s
  Password     %s      or lead, with %s
  Phone        http://%s/   what the duty roster is sent; its links can be tapped
  Police       http://%s/   what they were told; their broker's plug:
    curl -X POST 'http://%[6]s/plug?out=true'       out=false puts it back

  The first events come within a minute. Play with the cameras:
    curl -X POST 'http://%s/%s/cut?for=20s'     also: freeze, black, stall, play
  and with the smoke sensor beside the fire; it begins by itself after a while:
    .cache/bin/rig sensor smoke on                  also: off, test, low; door, panic, glass, broker
  The cameras are one ONVIF recorder, too; the button behind glass hangs at its input:
    bin/edge discover %s
  Logs and data are in %s. Ctrl-C ends everything.

`, s.console, s.user, s.password, s.leadPassword, s.robots, s.police.web, s.control, views[0].name, s.onvif, s.dir)
	for _, p := range s.running {
		go func() {
			<-p.ended
			if ctx.Err() == nil {
				fmt.Fprintf(os.Stderr, "%s has ended unexpectedly: see %s\n%s\n", p.name, p.log, tail(p.log))
			}
		}()
	}
	go s.smoulder(ctx)
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, "\nstopping …")
	return nil
}

// show starts the site with the police beside it.
func (s *site) show(ctx context.Context, views []view) error {
	if err := s.startPolice(ctx); err != nil {
		return err
	}
	if err := s.up(ctx, views); err != nil {
		return err
	}
	return s.agree(ctx)
}

func choose(ctx context.Context, videos string) ([]view, error) {
	if videos == "" {
		return drawn(ctx)
	}
	return folder(videos)
}
