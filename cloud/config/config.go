// Package config reads the cloud's file.
//
// Reading is strict and reports every fault at once, each with its path.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"eastgate/cloud/oidc"
	"eastgate/cloud/retention"
	"eastgate/shared/secret"
	"eastgate/shared/strict"
	"eastgate/shared/wire"
)

// A File is the cloud's configuration.
type File struct {
	// Listen is where pages and the API answer, as host:port.
	Listen string `yaml:"listen"`
	// PublicURL is how browsers reach it; with https, cookies are kept to TLS.
	PublicURL string `yaml:"public_url"`
	// TLS is the pages' certificate; without one, and beyond this machine, the cloud's
	// own authority makes it.
	TLS Pair `yaml:"tls"`
	// TrustedProxies, as addresses or networks, speak TLS with browsers and come in plain;
	// then nobody else does.
	TrustedProxies []string  `yaml:"trusted_proxies"`
	Boxes          Boxes     `yaml:"boxes"`
	Authority      Authority `yaml:"authority"`
	// Store is sqlite:PATH, or postgres://USER@HOST/DATABASE, which several
	// replicas may share.
	Store string `yaml:"store"`
	// StorePassword is PostgreSQL's, kept out of the address.
	StorePassword secret.Ref `yaml:"store_password"`
	EvidenceDir   string     `yaml:"evidence_dir"`
	// EvidenceBytes bounds the pictures that are kept.
	EvidenceBytes int64  `yaml:"evidence_max_bytes"`
	Broker        Broker `yaml:"broker"`
	// Catalogue and Calendar are files of a community's own classes, deadlines and
	// holidays, read over those that come with the program.
	Catalogue string   `yaml:"catalogue"`
	Calendar  string   `yaml:"calendar"`
	Contacts  Contacts `yaml:"contacts"`
	Open311   Open311  `yaml:"open311"`
	Police    Police   `yaml:"police"`
	Notify    Notify   `yaml:"notify"`
	Desks     Desks    `yaml:"desks"`
	// MetricsToken lets a program on another machine read /metrics; without it, only
	// programs on this one do.
	MetricsToken secret.Ref `yaml:"metrics_token"`
	// SecondFactors are what people show besides a password.
	SecondFactors SecondFactors `yaml:"second_factors"`
	// OIDC is an identity provider that people may log in at instead of with a password.
	OIDC    oidc.Config `yaml:"oidc"`
	Anchors Anchors     `yaml:"anchors"`
	// Retention is for how many days pictures and clips are kept, in general and at sites.
	Retention retention.Policy `yaml:"retention"`
}

// Anchors are the daily signatures of the register of access.
type Anchors struct {
	// File is where they are kept beside the database, to be copied elsewhere. It defaults
	// to register-anchors.txt beside the database.
	File string `yaml:"file"`
	// Key signs them: 32 random bytes in base64. Without it a file is made beside the
	// database; replicas need the same one.
	Key secret.Ref `yaml:"key"`
}

// SecondFactors are kept sealed.
type SecondFactors struct {
	// Key seals them: 32 random bytes in base64. Without it a file is made beside the
	// database; replicas need the same one.
	Key secret.Ref `yaml:"key"`
}

// Desks are where alarms are watched.
type Desks struct {
	// Alarm has a minute without a desk that has sound and somebody at it told as an
	// alarm of level 2, once a first desk was on watch.
	Alarm bool `yaml:"alarm_when_unwatched"`
}

// Contacts are whom to reach at the organisations.
type Contacts struct {
	// Key seals telephone numbers: 32 random bytes in base64. Without it none is kept.
	Key secret.Ref `yaml:"key"`
	// OldKey opens what an earlier key sealed.
	OldKey secret.Ref `yaml:"old_key"`
	// KeepDays is how long who has left is still known.
	KeepDays int `yaml:"keep_days"`
}

// Broker is the embedded broker, or an outside one when URL is given.
type Broker struct {
	Listen string `yaml:"listen"` // of the embedded broker, as host:port
	Dir    string `yaml:"dir"`    // where it keeps what is on its way
	Cert   string `yaml:"cert"`   // PEM files; without them the cloud's own authority makes them
	Key    string `yaml:"key"`

	URL      string     `yaml:"url"` // mqtt:// or mqtts:// of an outside broker; a cluster's with commas
	Username string     `yaml:"username"`
	Password secret.Ref `yaml:"password"`
	CAFile   string     `yaml:"ca_file"`
}

// Outside reports whether another broker is used.
func (b Broker) Outside() bool { return b.URL != "" }

func defaults() File {
	return File{
		Listen: "127.0.0.1:8080", PublicURL: "http://127.0.0.1:8080",
		Store: "sqlite:/var/lib/eastgate-cloud/cloud.db", EvidenceDir: "/var/lib/eastgate-cloud/evidence", EvidenceBytes: 20 << 30,
		Boxes: Boxes{Listen: "127.0.0.1:8444"}, Broker: Broker{Listen: "127.0.0.1:8883"}, Contacts: Contacts{KeepDays: 30}, Desks: Desks{Alarm: true}, Retention: retention.Default,
	}
}

// Load reads and checks a file. The error joins every fault.
func Load(path string) (File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("read configuration: %w", err)
	}
	f, faults := Parse(data)
	return f, errors.Join(strict.At(path, faults...)...)
}

// Parse reads and checks the text of a file.
func Parse(data []byte) (File, []error) {
	f := defaults()
	faults := strict.Decode(data, &f)
	if strict.Unreadable(faults) {
		return f, faults
	}
	return f, append(faults, f.Validate()...)
}

// Validate returns every fault with its path.
func (f File) Validate() []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if _, _, err := net.SplitHostPort(f.Listen); err != nil {
		bad("listen: %q is not host:port", f.Listen)
	}
	if u, err := url.Parse(f.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		bad("public_url: %q is no address such as https://host", f.PublicURL)
	}
	faults = append(faults, f.validateStore()...)
	if f.EvidenceDir == "" {
		bad("evidence_dir: a folder is needed")
	}
	if f.EvidenceBytes < 64<<20 {
		bad("evidence_max_bytes: %d is less than 64 MiB", f.EvidenceBytes)
	}
	if n := f.Contacts.KeepDays; n < 0 || n > 180 {
		bad("contacts.keep_days: %d is not 0 to 180", n)
	}
	if err := f.Retention.Validate(); err != nil {
		bad("retention.%w", err)
	}
	return slices.Concat(faults, f.Open311.validate(), f.Police.validate(), f.Broker.validate(), f.validateTLS(), f.Notify.validate(), f.OIDC.Validate())
}

func (f File) validateStore() []error {
	if path, ok := strings.CutPrefix(f.Store, "sqlite:"); ok && path != "" {
		if f.StorePassword.Set() {
			return []error{errors.New("store_password: SQLite has none")}
		}
		return nil
	}
	if !f.Postgres() {
		return []error{errors.New("store: want sqlite:PATH or postgres://USER@HOST/DATABASE")}
	}
	u, err := url.Parse(f.Store)
	switch {
	case err != nil:
		return []error{errors.New("store: the address of PostgreSQL cannot be read")} // err would show a password
	case !f.Broker.Outside() && f.Broker.Dir == "":
		return []error{errors.New("broker.dir: the embedded broker needs a folder when the store is PostgreSQL")}
	}
	if _, has := u.User.Password(); has && f.StorePassword.Set() {
		return []error{errors.New("store_password: the address in store holds a password too")}
	}
	return nil
}

// Postgres reports whether the store is PostgreSQL.
func (f File) Postgres() bool {
	return strings.HasPrefix(f.Store, "postgres://") || strings.HasPrefix(f.Store, "postgresql://")
}

// StoreAddress is where the store is, with its password.
func (f File) StoreAddress() (string, error) {
	if !f.StorePassword.Set() {
		return f.Store, nil
	}
	word, err := f.StorePassword.Load()
	if err != nil {
		return "", fmt.Errorf("store_password: %w", err)
	}
	u, err := url.Parse(f.Store)
	if err != nil {
		return "", errors.New("store: the address of PostgreSQL cannot be read")
	}
	u.User = url.UserPassword(u.User.Username(), word.Reveal())
	return u.String(), nil
}

func (b Broker) validate() []error {
	var faults []error
	if b.Outside() {
		if _, err := wire.Brokers(b.URL); err != nil {
			faults = append(faults, fmt.Errorf("broker.url: %w", err))
		}
		return faults
	}
	if _, _, err := net.SplitHostPort(b.Listen); err != nil {
		faults = append(faults, fmt.Errorf("broker.listen: %q is not host:port", b.Listen))
	}
	if (b.Cert == "") != (b.Key == "") {
		faults = append(faults, errors.New("broker: cert and key belong together"))
	}
	return faults
}

// KeptDir is the folder in which files stand that belong to the database: beside it, or
// with PostgreSQL where all replicas keep the evidence.
func (f File) KeptDir() string {
	if dir := f.StoreDir(); dir != "" {
		return dir
	}
	return f.EvidenceDir
}

// StoreDir is the folder beside which other files of the cloud belong; empty with
// PostgreSQL.
func (f File) StoreDir() string {
	if f.Postgres() {
		return ""
	}
	path := strings.TrimPrefix(f.Store, "sqlite:")
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return "."
}
