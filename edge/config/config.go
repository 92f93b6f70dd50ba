// Package config reads the gateway's file: which cameras there are, what is
// marked in their pictures, what to look for, and where the cloud is.
//
// Reading is strict and reports every fault at once, each with its path. What a
// stage's own section means is checked by that stage's Config; this package puts
// the sections together.
package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/detect/dwell"
	"eastgate/edge/detect/fire"
	"eastgate/edge/detect/motion"
	"eastgate/edge/detect/tamper"
	"eastgate/edge/evidence"
	"eastgate/edge/gate"
	"eastgate/edge/zone"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/strict"
	"eastgate/shared/wire"
)

// A File is the gateway's configuration.
type File struct {
	// Site and Box name this box; together they are its identity at the cloud.
	Site string `yaml:"site"`
	Box  string `yaml:"box"`
	// Timezone is the IANA name in which schedules are written; empty means the
	// machine's own.
	Timezone string `yaml:"timezone"`
	// Data is the folder for the outbox and for pictures on their way.
	Data string `yaml:"data"`
	// Listen is where /healthz and /metrics answer; empty turns them off.
	Listen string `yaml:"listen"`

	Cloud   Cloud             `yaml:"cloud"`
	Outbox  Outbox            `yaml:"outbox"`
	Detect  Detect            `yaml:"detect"`
	Gate    gate.Config       `yaml:"gate"`
	Clips   Clips             `yaml:"clips"`
	Live    Live              `yaml:"live"`
	Sensors Sensors           `yaml:"sensors"`
	Cameras map[string]Camera `yaml:"cameras"`
}

// Cloud says where events and pictures go.
type Cloud struct {
	Broker   string `yaml:"broker"`   // mqtts://host:8883, or mqtt://host:1883 without TLS; a cluster's with commas
	Evidence string `yaml:"evidence"` // https://host:8444, where the cloud's boxes.listen is
	CAFile   string `yaml:"ca_file"`  // PEM of an authority beside the cloud's own
	// UploadRate bounds what evidence takes of the line, in bytes a second.
	UploadRate int64 `yaml:"upload_bytes_per_second"`
	// Secret is for a broker that asks for one, and where boxes come in without certificates
	// (boxes.secrets at the cloud). Others enrol: edge enrol.
	Secret secret.Ref `yaml:"secret"`
}

// Outbox bounds what waits for the cloud.
type Outbox struct {
	MaxBytes int64 `yaml:"max_bytes"`         // of events
	Pictures int64 `yaml:"max_picture_bytes"` // of pictures and clips
	// MinFree is the room that the disk shall keep: with less, events that are not
	// urgent replace older ones.
	MinFree int64 `yaml:"min_free_bytes"`
}

// Detect says what to look for. A camera's own section overrides the file's.
type Detect struct {
	Motion  Motion  `yaml:"motion"`
	Fire    Fire    `yaml:"fire"`
	Parking Parking `yaml:"parking"`
	Tamper  Tamper  `yaml:"tamper"`
}

// Motion switches and tunes motion detection.
type Motion struct {
	Enabled       bool `yaml:"enabled"`
	motion.Config `yaml:",inline"`
}

// Fire switches and tunes the detection of suspected fire.
type Fire struct {
	Enabled     bool `yaml:"enabled"`
	fire.Config `yaml:",inline"`
}

// Parking switches and tunes the detection of things that stand in a zone. It
// needs zones of kind no_parking or fire_lane.
type Parking struct {
	Enabled      bool `yaml:"enabled"`
	dwell.Config `yaml:",inline"`
}

// Tamper switches and tunes the detection of tampering with the camera.
type Tamper struct {
	Enabled       bool `yaml:"enabled"`
	tamper.Config `yaml:",inline"`
}

// A Camera is one source of video.
type Camera struct {
	// Name is for people; the camera's key is its name for machines.
	Name   string               `yaml:"name"`
	Inputs []Input              `yaml:"inputs"`
	Zones  map[string]zone.Zone `yaml:"zones"`
	Masks  []zone.Polygon       `yaml:"masks"`
	// Privacy is what nobody may see: black in whatever is kept, and not looked at.
	Privacy []zone.Polygon `yaml:"privacy"`
	Detect  Detect         `yaml:"detect"`
	Gate    gate.Config    `yaml:"gate"`
	Clips   Clips          `yaml:"clips"`
}

// An Input is one stream of a camera.
type Input struct {
	// Roles says what the stream is for: detect, record, or both, as where it is empty.
	// With [detect] on a sub-stream and [record] on the main stream, the detectors see
	// the small picture and clips are cut from the large one.
	Roles         []string `yaml:"roles"`
	camera.Config `yaml:",inline"`
}

// Areas returns what is marked in the camera's picture, zones by name.
func (c Camera) Areas() zone.Areas {
	a := zone.Areas{Masks: slices.Concat(c.Masks, c.Privacy)}
	for _, name := range slices.Sorted(maps.Keys(c.Zones)) {
		z := c.Zones[name]
		z.Name = name
		a.Zones = append(a.Zones, z)
	}
	return a
}

// Everything is the detection that a file starts from: all of it.
func Everything() Detect {
	return Detect{
		Motion:  Motion{true, motion.DefaultConfig()},
		Fire:    Fire{true, fire.DefaultConfig()},
		Parking: Parking{true, dwell.DefaultConfig()},
		Tamper:  Tamper{true, tamper.DefaultConfig()},
	}
}

func defaults() File {
	return File{
		Data:    "/var/lib/eastgate",
		Listen:  "127.0.0.1:9464",
		Outbox:  Outbox{MaxBytes: 2 << 30, Pictures: 1 << 30, MinFree: 256 << 20},
		Detect:  Everything(),
		Gate:    gate.DefaultConfig(),
		Clips:   defaultClips(),
		Live:    Live{Uploads: 4},
		Sensors: defaultSensors(),
		Cloud:   Cloud{UploadRate: evidence.DefaultConfig().BytesPerSecond},
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
//
// It reads it twice: what the file says for all cameras must be known before the
// cameras, which start from it, are read.
func Parse(data []byte) (File, []error) {
	first := defaults()
	if faults := strict.Decode(data, &first); strict.Unreadable(faults) {
		return first, faults
	} // other faults come again below
	f := defaults()
	f.Cameras = map[string]Camera{}
	for key := range first.Cameras {
		f.Cameras[key] = Camera{Detect: first.Detect, Gate: first.Gate, Clips: first.Clips}
	}
	faults := strict.Decode(data, &f)
	return f, append(faults, f.Validate()...)
}

// ParseCamera reads the camera section alone, as `edge analyze -config` takes it:
// zones, masks and detection, no inputs.
func ParseCamera(data []byte) (Camera, []error) {
	c := Camera{Detect: Everything(), Gate: gate.DefaultConfig(), Clips: defaultClips()}
	faults := strict.Decode(data, &c)
	if strict.Unreadable(faults) {
		return c, faults
	}
	return c, append(faults, c.validateSection()...)
}

// Validate returns every fault of f with its path.
func (f File) Validate() []error {
	var faults []error
	for _, n := range []struct{ path, name string }{{"site", f.Site}, {"box", f.Box}} {
		if !event.ValidName(n.name) {
			faults = append(faults, fmt.Errorf("%s: %q is no name: %s", n.path, n.name, event.NameRule))
		}
	}
	if _, err := time.LoadLocation(f.Timezone); err != nil {
		faults = append(faults, fmt.Errorf("timezone: %w", err))
	}
	if !filepath.IsAbs(f.Data) && f.Data == "" {
		faults = append(faults, errors.New("data: a folder is needed"))
	}
	faults = append(faults, f.Cloud.validate()...)
	faults = append(faults, f.Outbox.validate()...)
	faults = append(faults, f.Live.validate()...)
	if len(f.Cameras) == 0 && len(f.Sensors.Devices) == 0 {
		faults = append(faults, errors.New("cameras: at least one is needed, or one of sensors.devices"))
	}
	faults = append(faults, strict.Within("sensors", f.Sensors.validate(f.Cameras))...)
	for _, key := range slices.Sorted(maps.Keys(f.Cameras)) {
		path := "cameras." + key
		if !event.ValidName(key) {
			faults = append(faults, fmt.Errorf("%s: no name for a camera: %s", path, event.NameRule))
		}
		faults = append(faults, strict.Within(path, f.Cameras[key].validate())...)
	}
	return faults
}

func (c Cloud) validate() []error {
	var faults []error
	if _, err := wire.Brokers(c.Broker); err != nil {
		faults = append(faults, fmt.Errorf("cloud.broker: %w", err))
	}
	u, err := url.Parse(c.Evidence)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		faults = append(faults, fmt.Errorf("cloud.evidence: %q is no address such as http://host", c.Evidence))
	}
	if c.UploadRate < evidence.LeastRate {
		faults = append(faults, fmt.Errorf("cloud.upload_bytes_per_second: %d is less than %d", c.UploadRate, evidence.LeastRate))
	}
	return faults
}

// leastOutbox is room for a few thousand events.
const leastOutbox = 8 << 20

func (o Outbox) validate() []error {
	var faults []error
	if o.MaxBytes < leastOutbox {
		faults = append(faults, fmt.Errorf("outbox.max_bytes: %d is less than %d", o.MaxBytes, leastOutbox))
	}
	if o.Pictures < leastOutbox {
		faults = append(faults, fmt.Errorf("outbox.max_picture_bytes: %d is less than %d", o.Pictures, leastOutbox))
	}
	if o.MinFree < 0 {
		faults = append(faults, fmt.Errorf("outbox.min_free_bytes: %d is less than 0", o.MinFree))
	}
	return faults
}
