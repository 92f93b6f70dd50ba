package brokertest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// rabbitServer is where Debian has the program; the one on the path changes the user.
const rabbitServer = "/usr/lib/rabbitmq/bin/rabbitmq-server"

// RabbitMQ runs Debian's RabbitMQ with its MQTT plugin, in a folder of its own, for
// users who share a password. It takes some ten seconds to start.
func RabbitMQ(t testing.TB, password string, users ...string) *Process {
	t.Helper()
	if _, err := os.Stat(rabbitServer); err != nil {
		t.Skip("SKIPPED, NOT PASSED: RabbitMQ is not installed, so nothing was tried on it; scripts/setup installs it")
	}
	dir := t.TempDir()
	names, mqtt := FreePort(t), FreePort(t)
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	conf := write("rabbitmq.conf", fmt.Sprintf("listeners.tcp = none\nmqtt.listeners.tcp.default = 127.0.0.1:%d\nload_definitions = %s\n",
		mqtt, write("users.json", definitions(t, password, users))))
	env := append(os.Environ(), "HOME="+dir,
		"ERL_EPMD_ADDRESS=127.0.0.1", "ERL_EPMD_PORT="+strconv.Itoa(names), "RABBITMQ_DIST_PORT="+strconv.Itoa(FreePort(t)),
		fmt.Sprintf("RABBITMQ_NODENAME=test%d@localhost", mqtt), "RABBITMQ_MNESIA_BASE="+filepath.Join(dir, "mnesia"), "RABBITMQ_LOG_BASE="+filepath.Join(dir, "log"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+write("plugins", "[rabbitmq_mqtt]."), "RABBITMQ_CONFIG_FILE="+conf, "RABBITMQ_PID_FILE="+filepath.Join(dir, "pid"),
		"RABBITMQ_CONF_ENV_FILE=/dev/null", "RABBITMQ_ADVANCED_CONFIG_FILE=/dev/null")
	// Erlang's own register of names would start by itself and stay for ever.
	start(&Process{
		t: t, name: "epmd", addr: addr(names), slow: 20 * time.Second,
		command: func() *exec.Cmd {
			return exec.Command("epmd", "-port", strconv.Itoa(names), "-address", "127.0.0.1")
		},
	})
	return start(&Process{
		t: t, name: "RabbitMQ", addr: addr(mqtt), slow: 2 * time.Minute,
		command: func() *exec.Cmd {
			cmd := exec.Command(rabbitServer)
			cmd.Env, cmd.Dir = env, dir
			return cmd
		},
	})
}

// definitions lets users do everything.
func definitions(t testing.TB, password string, users []string) string {
	t.Helper()
	type m = map[string]any
	d := map[string][]m{"vhosts": {{"name": "/"}}}
	for _, u := range users {
		d["users"] = append(d["users"], m{"name": u, "password": password, "tags": ""})
		d["permissions"] = append(d["permissions"], m{"user": u, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"})
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
