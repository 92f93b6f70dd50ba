package modbus

import (
	"encoding/binary"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/creack/pty"
	lib "github.com/simonvetter/modbus"
)

// A slave has registers that tests set. It serves Modbus TCP through the library's
// server, and RTU by its own few lines, so that frames and CRC are checked by another
// hand than wrote them.
type slave struct {
	mu       sync.Mutex
	unit     uint8
	bits     [64]bool
	words    [64]uint16
	mute     bool
	refuse   bool
	wasAsked int
}

func (s *slave) set(change func(*slave)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// read returns registers as the wire has them, or an exception code.
func (s *slave) read(unit, function uint8, at, n uint16) (bits []bool, words []uint16, exception error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wasAsked++
	switch {
	case unit != s.unit || s.mute:
		return nil, nil, lib.ErrGWTargetFailedToRespond
	case s.refuse || int(at)+int(n) > 64:
		return nil, nil, lib.ErrIllegalDataAddress
	case function <= 2:
		return append(bits, s.bits[at:at+n]...), nil, nil
	}
	return nil, append(words, s.words[at:at+n]...), nil
}

func (s *slave) HandleCoils(r *lib.CoilsRequest) ([]bool, error) {
	if r.IsWrite {
		return nil, lib.ErrIllegalFunction
	}
	bits, _, err := s.read(r.UnitId, 1, r.Addr, r.Quantity)
	return bits, err
}

func (s *slave) HandleDiscreteInputs(r *lib.DiscreteInputsRequest) ([]bool, error) {
	bits, _, err := s.read(r.UnitId, 2, r.Addr, r.Quantity)
	return bits, err
}

func (s *slave) HandleHoldingRegisters(r *lib.HoldingRegistersRequest) ([]uint16, error) {
	if r.IsWrite {
		return nil, lib.ErrIllegalFunction
	}
	_, words, err := s.read(r.UnitId, 3, r.Addr, r.Quantity)
	return words, err
}

func (s *slave) HandleInputRegisters(r *lib.InputRegistersRequest) ([]uint16, error) {
	_, words, err := s.read(r.UnitId, 4, r.Addr, r.Quantity)
	return words, err
}

// serial starts a slave behind a serial line and returns the other end's device.
func (s *slave) serial(t *testing.T) string {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skip("NOT TESTED: no pseudo terminals here:", err)
	}
	var done sync.WaitGroup
	done.Go(func() { s.serve(master) })
	t.Cleanup(func() { tty.Close(); master.Close(); done.Wait() })
	return tty.Name()
}

// serve answers requests of eight bytes (Modbus over serial line 1.02 §2.5.1).
func (s *slave) serve(line *os.File) {
	for {
		q := make([]byte, 8)
		if _, err := io.ReadFull(line, q); err != nil {
			return
		}
		if binary.LittleEndian.Uint16(q[6:]) != crc(q[:6]) {
			continue
		}
		at, n := binary.BigEndian.Uint16(q[2:]), binary.BigEndian.Uint16(q[4:])
		bits, words, err := s.read(q[0], q[1], at, n)
		if err == lib.ErrGWTargetFailedToRespond { //nolint:errorlint // ours
			continue // on a line, who is not there says nothing
		}
		a := []byte{q[0], q[1]}
		switch {
		case err != nil:
			a = []byte{q[0], q[1] | 0x80, 2}
		case bits != nil:
			a = append(a, byte((len(bits)+7)/8))
			packed := make([]byte, (len(bits)+7)/8)
			for i, b := range bits {
				if b {
					packed[i/8] |= 1 << (i % 8)
				}
			}
			a = append(a, packed...)
		default:
			a = append(a, byte(2*len(words)))
			for _, w := range words {
				a = binary.BigEndian.AppendUint16(a, w)
			}
		}
		line.Write(binary.LittleEndian.AppendUint16(a, crc(a))) //nolint:errcheck // a line that is gone ends the next read
	}
}

// crc is CRC-16 with the polynomial 0xA001 (Modbus over serial line 1.02, annex B).
func crc(b []byte) uint16 {
	c := uint16(0xffff)
	for _, x := range b {
		c ^= uint16(x)
		for range 8 {
			if c&1 == 1 {
				c = c>>1 ^ 0xa001
			} else {
				c >>= 1
			}
		}
	}
	return c
}
