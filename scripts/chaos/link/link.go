// Package link is a network between two places on one machine that can be made
// as bad as real ones: it loses, delays and swallows whole IP packets, so that TCP
// itself has to cope.
//
// The far place is a network namespace. Two TUN devices, one in each place, end in
// this process, which carries packets from one to the other. Nothing outside of
// what it made is touched, and all of it goes when the process does.
package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Weather is what the link does to packets, in both directions. The zero value is
// a good link.
type Weather struct {
	Loss  float64       // share of packets that are lost, 0 to 1
	Delay time.Duration // of every packet, one way
	Hole  bool          // everything vanishes without a word
}

// A Link is up from New to Close.
type Link struct {
	// Near and Far are the IP addresses of the two places.
	Near, Far string

	holder *exec.Cmd // keeps the namespace alive
	ends   [2]*os.File
	done   sync.WaitGroup

	mu      sync.Mutex
	weather Weather
	dice    *rand.Rand
}

// New makes the far place and a good link to it. It needs root and /dev/net/tun.
func New(seed uint64) (*Link, error) {
	l := &Link{dice: rand.New(rand.NewPCG(seed, 1))}
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("network link: %w", err), l.Close())
	}
	for i := range l.ends {
		l.done.Go(func() { l.carry(l.ends[i], l.ends[1-i]) })
	}
	return l, nil
}

func (l *Link) open() error {
	l.holder = exec.Command("unshare", "--net", "sh", "-c", "echo up; exec cat")
	l.holder.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if _, err := l.holder.StdinPipe(); err != nil {
		return err
	}
	out, err := l.holder.StdoutPipe()
	if err != nil {
		return err
	}
	var said bytes.Buffer
	l.holder.Stderr = &said
	if err := l.holder.Start(); err != nil {
		return err
	}
	if _, err := io.ReadFull(out, make([]byte, 3)); err != nil {
		l.holder.Wait() //nolint:errcheck // what it said tells more
		return fmt.Errorf("no network namespace can be made: %s", bytes.TrimSpace(said.Bytes()))
	}
	// A small net of its own for each process, so that two runs do not meet.
	pid := os.Getpid()
	net := fmt.Sprintf("10.213.%d.", pid>>6&0xff)
	host := pid & 0x3f << 2
	l.Near, l.Far = net+strconv.Itoa(host+1), net+strconv.Itoa(host+2)
	names := [2]string{fmt.Sprintf("egn%d", pid), fmt.Sprintf("egf%d", pid)}
	for i, name := range names {
		if l.ends[i], err = tun(name); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"ip", "addr", "add", l.Near, "peer", l.Far, "dev", names[0]},
		{"ip", "link", "set", names[0], "up"},
		{"ip", "link", "set", names[1], "netns", strconv.Itoa(l.holder.Process.Pid)},
		l.Inside("ip", "addr", "add", l.Far, "peer", l.Near, "dev", names[1]),
		l.Inside("ip", "link", "set", names[1], "up"),
		l.Inside("ip", "link", "set", "lo", "up"),
	} {
		if said, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", args, err, said)
		}
	}
	return nil
}

// tun opens a TUN device (Linux Documentation/networking/tuntap).
func tun(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	req, err := unix.NewIfreq(name)
	if err == nil {
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make device %s: %w", name, err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Inside returns the command line that runs a program in the far place.
func (l *Link) Inside(args ...string) []string {
	return append([]string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", l.holder.Process.Pid), "--"}, args...)
}

// Dial connects from inside the far place, whatever the weather.
func (l *Link) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	// A socket belongs to the namespace of the thread that makes it.
	runtime.LockOSThread()
	own, err := unix.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(own) //nolint:errcheck // it was only read
	far, err := unix.Open(fmt.Sprintf("/proc/%d/ns/net", l.holder.Process.Pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(far) //nolint:errcheck // it was only read
	if err := unix.Setns(far, unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if back := unix.Setns(own, unix.CLONE_NEWNET); back != nil {
		return nil, back // the thread stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return c, err
}

// Set changes the weather.
func (l *Link) Set(w Weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.weather = w
}

// fate says whether a packet arrives, and when.
func (l *Link) fate() (due time.Time, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.weather
	return time.Now().Add(w.Delay), w.Hole || (w.Loss > 0 && l.dice.Float64() < w.Loss)
}

// mtu is the largest packet of a TUN device.
const mtu = 1500

type packet struct {
	due  time.Time
	data []byte
}

// carry brings packets from one end to the other until the link is closed. What
// would wait behind 4,000 others is lost, as in every router.
func (l *Link) carry(from, to *os.File) {
	late := make(chan packet, 4000)
	l.done.Go(func() {
		for p := range late {
			time.Sleep(time.Until(p.due))
			to.Write(p.data) //nolint:errcheck // a lost packet
		}
	})
	defer close(late)
	buf := make([]byte, mtu)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		due, lost := l.fate()
		if lost {
			continue
		}
		select {
		case late <- packet{due, append([]byte(nil), buf[:n]...)}:
		default:
		}
	}
}

// Close takes the link and the far place down.
func (l *Link) Close() error {
	for _, f := range l.ends {
		if f != nil {
			f.Close()
		}
	}
	l.done.Wait()
	if l.holder != nil && l.holder.Process != nil {
		l.holder.Process.Kill() //nolint:errcheck // it may have ended
		l.holder.Wait()         //nolint:errcheck // it was killed
	}
	return nil
}
