package app

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/config"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
)

// A nearby is what a command uses of a cloud that may be running.
type nearby struct {
	file     config.File
	store    *store.Store
	register *register.Register
	people   *access.People
	boxes    *access.Boxes
}

// openNearby opens the store of a configuration beside a cloud that may be running.
func openNearby(ctx context.Context, path string, do func(nearby) error) error {
	f, err := config.Load(path)
	if err != nil {
		return err
	}
	return beside(ctx, f, do)
}

// beside is openNearby for a configuration that has been read.
func beside(ctx context.Context, f config.File, do func(nearby) error) error {
	s, err := openStore(ctx, f)
	if err != nil {
		return err
	}
	sealer, err := factorSealer(f)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	reg := register.New(s, register.NewMetrics(prometheus.NewRegistry()))
	return errors.Join(do(nearby{f, s, reg, access.NewPeople(s).RecordIn(reg).SealWith(sealer), access.NewBoxes(s)}), s.Close())
}

// withCloud is openNearby for what needs people alone.
func (c Console) withCloud(ctx context.Context, path string, do func(*access.People, *access.Boxes) error) error {
	return openNearby(ctx, path, func(b nearby) error { return do(b.people, b.boxes) })
}

// record writes what somebody did on the command line into the register.
func (b nearby) record(ctx context.Context, site, box, what string) error {
	return b.register.Record(ctx, typist(), "box/"+site+"/"+box, what, nil)
}
