package delivery

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"eastgate/cloud/access"
	"eastgate/cloud/identity"
	"eastgate/cloud/store"
	"eastgate/cloud/web"
	own "eastgate/edge/identity"
	"eastgate/edge/outbox"
	"eastgate/shared/event"
)

// nobody writes nothing down.
type nobody struct{}

func (nobody) Record(context.Context, access.User, string, string, error) error { return nil }

func openBook(dir string, st *store.Store) (*identity.Book, error) {
	a, err := identity.OpenAuthority(filepath.Join(dir, "authority"))
	if err != nil {
		return nil, err
	}
	return identity.New(st, a, nobody{}, quiet), nil
}

// enrolled gives each box a certificate of the cloud in dir, as boxes get theirs.
func enrolled(b *testing.B, dir string, boxes []string) []*tls.Config {
	b.Helper()
	st, err := store.Open(b.Context(), "sqlite:"+filepath.Join(dir, "cloud.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	book, err := openBook(dir, st)
	if err != nil {
		b.Fatal(err)
	}
	var out []*tls.Config
	for _, name := range boxes {
		mux := web.NewMux() // a limit of its own for each: all come from one address
		book.Mount(mux, identity.NewLines(book, nil, quiet))
		srv := &http.Server{Handler: mux, TLSConfig: book.Authority().Server("127.0.0.1")}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		go srv.ServeTLS(l, "", "") //nolint:errcheck // closed below
		code, _, err := book.Code(b.Context(), "bench", "garden", name)
		if err != nil {
			b.Fatal(err)
		}
		folder := b.TempDir()
		if _, err := own.Enrol(b.Context(), folder, "https://"+l.Addr().String(), code.Reveal()); err != nil {
			b.Fatal(err)
		}
		o, err := own.Open(folder)
		if err != nil {
			b.Fatal(err)
		}
		shows, err := o.TLS()
		if err != nil {
			b.Fatal(err)
		}
		srv.Close()
		out = append(out, shows)
	}
	return out
}

// cpuOf is the CPU of the cloud with its broker for each event of fifty boxes' backlogs,
// in microseconds: plain with secrets, or over TLS with certificates.
func cpuOf(b *testing.B, certificates bool) float64 {
	b.Helper()
	dir, boxes, shows := b.TempDir(), names(manyBoxes), make([]*tls.Config, manyBoxes)
	var env []string
	if certificates {
		shows, env = enrolled(b, dir, boxes), []string{tlsEnv + "=yes"}
	}
	p := startProcessIn(b, dir, env...)
	all := make([]*watched, manyBoxes)
	var busy sync.WaitGroup
	for i, name := range boxes {
		all[i] = openWatched(b)
		busy.Go(func() {
			for range *events / manyBoxes {
				id, body := encoded(b, name, event.Motion)
				if err := all[i].Put(context.Background(), outbox.Message{ID: id, Priority: int(event.Minor), Body: body}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	busy.Wait()
	cpu, url := p.CPU(), p.URL()
	if certificates {
		url = strings.Replace(url, "mqtt:", "mqtts:", 1)
	}
	for i, name := range boxes {
		all[i].linkBy(b, url, name, shows[i])
	}
	empty(b, all)
	return float64((p.CPU() - cpu).Microseconds()) / float64(*events/manyBoxes*manyBoxes)
}

// BenchmarkTLS is what TLS and certificates cost at the cloud, fifty handshakes included,
// as a ratio to plain connections with secrets, each twice in turn.
func BenchmarkTLS(b *testing.B) {
	for b.Loop() {
		var plain, certified float64
		for range 2 {
			plain += cpuOf(b, false) / 2
			certified += cpuOf(b, true) / 2
		}
		b.ReportMetric(plain, "plain-us/event")
		b.ReportMetric(certified, "tls-us/event")
		b.ReportMetric(certified/plain, "xplain")
	}
}
