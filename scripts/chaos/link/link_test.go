package link

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestWeather carries TCP from the far place to the near one in three weathers.
func TestWeather(t *testing.T) {
	l, err := New(1)
	if err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	defer l.Close()
	echo, err := net.Listen("tcp", net.JoinHostPort(l.Near, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go io.Copy(c, c)
		}
	}()
	c, err := l.Dial(t.Context(), "tcp", echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	trip := func() (time.Duration, error) {
		began := time.Now()
		c.SetDeadline(began.Add(30 * time.Second))
		if _, err := c.Write([]byte("x")); err != nil {
			return 0, err
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		return time.Since(began), err
	}
	for _, w := range []Weather{{}, {Loss: 0.3}, {Delay: 300 * time.Millisecond}} {
		l.Set(w)
		d, err := trip()
		if err != nil || d < 2*w.Delay {
			t.Errorf("in %+v a round trip took %v, %v", w, d, err)
		}
	}
	l.Set(Weather{Hole: true})
	c.SetDeadline(time.Now().Add(time.Second))
	c.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("something came out of a black hole")
	}
	l.Set(Weather{})
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Error("TCP did not send again after the hole:", err)
	}
}
