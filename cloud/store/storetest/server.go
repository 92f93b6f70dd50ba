package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// binaries is the folder of the newest PostgreSQL server; empty without one.
var binaries = sync.OnceValue(func() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real)
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // where Debian has it
	if err != nil || len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(found))
})

// A server is a PostgreSQL of our own, reached by a socket in its folder. It
// starts with the first database that is asked for.
type server struct {
	mu    sync.Mutex
	dir   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has ended
	made  int
}

var shared server

// database makes an empty one and returns its address.
func (s *server) database(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		if err := s.start(ctx); err != nil {
			return "", errors.Join(fmt.Errorf("start PostgreSQL: %w", err), s.drop())
		}
	}
	s.made++
	name := fmt.Sprintf("test%d", s.made)
	return s.address(name), s.ask(ctx, "CREATE DATABASE "+name)
}

func (s *server) address(database string) string {
	q := url.Values{"host": {s.dir}, "user": {"postgres"}}
	return "postgres:///" + database + "?" + q.Encode()
}

func (s *server) ask(ctx context.Context, statement string) error {
	db, err := sql.Open("pgx", s.address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

func (s *server) start(ctx context.Context) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "eastgate-postgres-"); err != nil { //nolint:usetesting // it serves many tests
		return err
	}
	who, err := s.owner()
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(binaries(), "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = who
	initdb.Dir = s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	s.cmd = exec.Command(filepath.Join(binaries(), "postgres"), "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=200")
	s.cmd.SysProcAttr = who
	s.cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT // a test that is killed leaves no server behind
	s.cmd.Dir = s.dir
	if err := s.launch(); err != nil {
		return err
	}
	return s.await(ctx)
}

// launch starts the server from a thread that lives as long as this process: the
// kernel takes the thread's end for the parent's.
func (s *server) launch() error {
	started := make(chan error)
	s.ended = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.cmd.Wait() //nolint:errcheck // its state says how
		}
		close(s.ended)
	}()
	return <-started
}

func (s *server) await(ctx context.Context) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if s.ask(ctx, "SELECT 1") == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("it ended: %s", s.cmd.ProcessState)
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return errors.New("it does not answer")
}

// owner is who runs the server, which refuses to run as root.
func (s *server) owner() (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	who := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return &syscall.SysProcAttr{Credential: who}, os.Chown(s.dir, int(uid), int(gid))
}

// stop ends the server at once, without saving what tests have left.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop() //nolint:errcheck // nobody is left to hear it
}

func (s *server) drop() error {
	if s.cmd != nil && s.cmd.Process != nil { // it was started
		s.cmd.Process.Signal(syscall.SIGQUIT) //nolint:errcheck // it may have ended
		<-s.ended
	}
	s.cmd = nil
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}
