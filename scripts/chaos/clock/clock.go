// Package clock makes the wall clock of one running program jump, and of that
// program alone.
//
// The kernel offers namespaces for its other clocks, not for CLOCK_REALTIME, and
// preloaded libraries do not reach a Go program. What both ask is the function
// clock_gettime in the page that the kernel maps into every process (vdso(7)).
// Shift replaces that function, in the memory of one stopped process, by one that
// asks the kernel and adds an offset. The program's file is untouched, time
// since start goes on evenly, and timers do not jump, as on a machine whose clock
// is set.
package clock

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stub is clock_gettime(rdi: clock, rsi: *timespec) for amd64:
//
//	mov  eax, 228 (clock_gettime)
//	syscall
//	test edi, edi (CLOCK_REALTIME is 0)
//	jne  end
//	mov  rcx, OFFSET
//	add  [rsi], rcx
//	end: ret
var stub = []byte{
	0xb8, 0xe4, 0, 0, 0, 0x0f, 0x05, 0x85, 0xff, 0x75, 0x0d, 0x48, 0xb9,
	0, 0, 0, 0, 0, 0, 0, 0, 0x48, 0x01, 0x0e, 0xc3,
}

const offsetAt = 13 // where the offset stands in stub

// tries is how often a process is caught in the very function that is replaced
// before Shift gives up.
const tries = 200

// Shift makes the wall clock of a process show the true time and by, in whole
// seconds. by replaces what an earlier Shift said. It needs the rights of a debugger.
func Shift(pid int, by time.Duration) error {
	if err := shift(pid, int64(by/time.Second)); err != nil {
		return fmt.Errorf("shift the clock of process %d: %w", pid, err)
	}
	return nil
}

func shift(pid int, seconds int64) error {
	first, last, err := vdso(pid)
	if err != nil {
		return err
	}
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer mem.Close()
	at, err := find(mem, first, last)
	if err != nil {
		return err
	}
	for range tries {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			return err
		}
		if free(pid, first, last) {
			break
		}
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	defer syscall.Kill(pid, syscall.SIGCONT) //nolint:errcheck // it may have ended
	if !free(pid, first, last) {
		return errors.New("it cannot be stopped outside of clock_gettime")
	}
	code := bytes.Clone(stub)
	binary.LittleEndian.PutUint64(code[offsetAt:], uint64(seconds)) //nolint:gosec // two's complement is meant
	_, err = mem.WriteAt(code, int64(at))                           //nolint:gosec // addresses of programs have 47 bits
	return err
}

// vdso returns where the kernel's page lies in a process.
func vdso(pid int) (first, last uint64, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			_, err := fmt.Sscanf(line, "%x-%x", &first, &last)
			return first, last, err
		}
	}
	return 0, 0, errors.New("it has no vdso")
}

// find returns the address of clock_gettime.
func find(mem *os.File, first, last uint64) (uint64, error) {
	image := make([]byte, last-first)
	if _, err := mem.ReadAt(image, int64(first)); err != nil { //nolint:gosec // as above
		return 0, err
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, err
	}
	if f.Machine != elf.EM_X86_64 {
		return 0, fmt.Errorf("only written for amd64, not for %v", f.Machine)
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" && s.Size >= uint64(len(stub)) {
			return first + s.Value, nil
		}
	}
	return 0, errors.New("the vdso has no room for another clock_gettime")
}

// free reports whether every thread of a process is stopped outside of the vdso.
func free(pid int, first, last uint64) bool {
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
		if err != nil || len(threads) == 0 {
			return false
		}
		running := false
		for _, t := range threads {
			said, err := os.ReadFile(t)
			if err != nil {
				continue // the thread has ended
			}
			words := strings.Fields(string(said))
			if len(words) < 3 { // "running"
				running = true
				continue
			}
			pc, err := strconv.ParseUint(words[len(words)-1], 0, 64)
			if err != nil || (pc >= first && pc < last) {
				return false
			}
		}
		if !running {
			return true
		}
	}
	return false
}
