package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// outsideProcess is a broker that is not the cloud's own: Debian's mosquitto, or
// NATS in a process of its own. Both let everybody in.
func (s *site) outsideProcess() *process {
	host, port, err := net.SplitHostPort(s.mqtt)
	if err != nil {
		panic(err) // we made it
	}
	if s.outside == "nats" {
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		return newProcess(s.dir, "broker", self, "broker", "-host", host, "-port", port, "-dir", filepath.Join(s.dir, "nats"))
	}
	program, err := mosquitto()
	if err != nil {
		program = "mosquitto" // starting it says what is wrong
	}
	conf := s.file("mosquitto.conf", fmt.Sprintf("listener %s %s\nallow_anonymous true\n", port, host))
	return newProcess(s.dir, "broker", program, "-c", conf)
}

func mosquitto() (string, error) {
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/mosquitto") // not on everybody's path
}

// outsideBroker is NATS as a program of its own.
func outsideBroker(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("broker", flag.ContinueOnError)
	host := flags.String("host", "127.0.0.1", "address")
	port := flags.String("port", "1883", "of MQTT")
	dir := flags.String("dir", "", "folder for what is on its way")
	if err := flags.Parse(args); err != nil {
		return err
	}
	n, err := strconv.Atoi(*port)
	if err != nil {
		return err
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "outside", DontListen: true, NoSigs: true, JetStream: true, StoreDir: *dir,
		MQTT: server.MQTTOpts{Host: *host, Port: n},
	})
	if err != nil {
		return err
	}
	srv.ConfigureLogger()
	go srv.Start()
	<-ctx.Done()
	srv.Shutdown()
	srv.WaitForShutdown()
	return nil
}
