package delivery

import (
	"context"
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/broker"
	"eastgate/cloud/ingest"
	"eastgate/cloud/store"
	"eastgate/shared/brokertest"
)

// cloudEnv and listenEnv say where a cloud lives that is a process of its own.
const (
	cloudEnv  = "DELIVERY_CLOUD"
	listenEnv = "DELIVERY_LISTEN"
	tlsEnv    = "DELIVERY_TLS" // boxes come in with certificates
)

// everybody may come in with the password.
type everybody struct{}

func (everybody) Check(_ context.Context, _, _, word string) error {
	if word != password {
		return os.ErrPermission
	}
	return nil
}

// serveCloud makes this process a cloud with its broker inside, if it was started as
// one; then it does not return.
func serveCloud() {
	dir, is := os.LookupEnv(cloudEnv)
	if !is {
		return
	}
	panic(runCloud(dir, os.Getenv(listenEnv)))
}

func runCloud(dir, listen string) error {
	ctx := context.Background()
	st, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "cloud.db"))
	if err != nil {
		return err
	}
	conf, say := broker.Config{Listen: listen, Dir: filepath.Join(dir, "broker"), Secret: everybody{}.Check}, (*tls.Config)(nil)
	if os.Getenv(tlsEnv) != "" {
		book, err := openBook(dir, st)
		if err != nil {
			return err
		}
		conf.Secret, conf.Certified, conf.TLS, say = nil, book.Certified, book.Authority().Server("127.0.0.1"), book.Authority().Dial()
		go book.Run(ctx) //nolint:errcheck // it gives none
	}
	b, err := broker.New(conf, quiet)
	if err != nil {
		return err
	}
	g := ingest.New(ingest.Config{Broker: b.URL(), Username: broker.Cloud, Password: b.Secret(), TLS: say, ClientID: "cloud-test"},
		st, func() {}, ingest.NewMetrics(prometheus.NewRegistry()), quiet)
	return g.Run(ctx)
}

// TestTheCloudKilledWithItsBroker: broker, ingest and database are one process, which
// is killed several times.
func TestTheCloudKilledWithItsBroker(t *testing.T) {
	dir, listen := t.TempDir(), ""
	c := brokertest.Command(t, "cloud", func(addr string) *exec.Cmd {
		listen = addr
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), cloudEnv+"="+dir, listenEnv+"="+listen)
		return cmd
	})
	var all []*box
	for _, name := range names(boxes) {
		all = append(all, startBox(t, c.URL(), name))
	}
	for range 3 {
		produce(t, all, each/3, again(c))
	}
	within(t, 2*time.Minute, "the outboxes are empty", func() bool { return waiting(t, all) == 0 })
	c.Kill()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "cloud.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	conserved(t, st, all)
}
