package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/config"
	"eastgate/edge/decode"
	"eastgate/edge/identity"
	"eastgate/shared/doctor"
	"eastgate/shared/health"
	"eastgate/shared/secret"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// doctor says what is wrong with this machine as a box, and how to mend it.
func (c Console) doctor(ctx context.Context, args []string) error {
	flags := c.flags("doctor")
	path := flags.String("config", "edge.yml", "configuration `file`")
	lang := flags.String("lang", doctor.Language(os.Getenv), "en or zh")
	asJSON := flags.Bool("json", false, "one JSON object for each check")
	watch := flags.Duration("watch", 4*time.Second, "how long to watch each camera")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	return doctor.Tell(ctx, c.Out, *lang, *asJSON, c.checks(*path, f, err, *watch))
}

// checks are all of them; of a configuration that cannot be read, only what does not
// depend on it.
func (c Console) checks(path string, f config.File, fault error, watch time.Duration) []doctor.Check {
	holds := doctor.Words{
		EN: fmt.Sprintf("%s: %d cameras, %d sensors", path, len(f.Cameras), len(f.Sensors.Devices)),
		ZH: fmt.Sprintf("%s：%d 路摄像机，%d 个传感器", path, len(f.Cameras), len(f.Sensors.Devices)),
	}
	out := []doctor.Check{c.programCheck(), doctor.Configuration(fault, holds), doctor.Clock()}
	if fault != nil {
		return out
	}
	out = append(out,
		doctor.Private(doctor.Both("secrets", "密钥文件"), secret.Files(f)...),
		doctor.Credentials(doctor.Both("credentials", "systemd 凭据"), doctor.Credstores, secret.Credentials(f)...),
		doctor.Disk(doctor.Both("data folder", "数据目录"), f.Data, uint64(f.Outbox.MaxBytes+f.Outbox.Pictures+f.Outbox.MinFree)), //nolint:gosec // checked to be positive
		doctor.Free(doctor.Both("health port", "健康检查端口"), f.Listen, health.Wait(context.Background(), health.Local("http", f.Listen), nil, 0) == nil),
	)
	out = append(out, reachCloud(f)...)
	return append(out, camerasCheck(f, watch))
}

func (c Console) programCheck() doctor.Check {
	return doctor.Check{Name: doctor.Both("program", "程序"), Look: func(context.Context) []doctor.Finding {
		out := []doctor.Finding{doctor.Fine(doctor.Same("edge %s", c.Version))}
		for _, codec := range []string{"h264", "hevc"} {
			if err := decode.Able(codec); err != nil {
				out = append(out, doctor.Finding{
					Level: doctor.Bad, What: doctor.Same("%s: %v", codec, err),
					Mend: doctor.Both("install the package of this machine's architecture, with FFmpeg's libraries", "请安装与本机架构一致的软件包及 FFmpeg 库"),
				})
			}
		}
		return out
	}}
}

// cameraLooks is how many cameras are watched at once.
const cameraLooks = 8

func camerasCheck(f config.File, watch time.Duration) doctor.Check {
	return doctor.Check{Name: doctor.Both("camera", "摄像机"), Look: func(ctx context.Context) []doctor.Finding {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), watch*time.Duration(1+len(f.Cameras)/cameraLooks)+time.Minute)
		defer cancel()
		names := slices.Sorted(maps.Keys(f.Cameras))
		out := make([][]doctor.Finding, len(names))
		var g sync.WaitGroup
		room := make(chan struct{}, cameraLooks)
		for i, name := range names {
			g.Go(func() {
				room <- struct{}{}
				defer func() { <-room }()
				r, err := camera.Probe(ctx, f.Cameras[name].DetectInput().Config, watch)
				out[i] = watched(name, r, err)
			})
		}
		g.Wait()
		return slices.Concat(out...)
	}}
}

// watched is what a camera's report comes to; its faults say themselves what to do.
func watched(name string, r camera.Report, err error) []doctor.Finding {
	if err != nil {
		return []doctor.Finding{{
			Level: doctor.Bad, What: doctor.Same("%s: %v", name, err),
			Mend: doctor.Both("edge probe with its address tells more; edge discover lists what answers", "用 edge probe 查看详情；用 edge discover 查找在线设备"),
		}}
	}
	out := []doctor.Finding{doctor.Fine(doctor.Same("%s: %s %d×%d, %s kbit/s", name, r.Codec, r.Width, r.Height, figure(r.Kbps)))}
	for _, fault := range r.Faults {
		out = append(out, doctor.Finding{Level: doctor.Warn, What: doctor.Same("%s: %s", name, fault)})
	}
	return out
}

func figure(x *float64) string {
	if x == nil {
		return "?"
	}
	return fmt.Sprintf("%.0f", *x)
}

// reachCloud checks the ways to the cloud.
func reachCloud(f config.File) []doctor.Check {
	c := f.Cloud
	var out []doctor.Check
	brokers, err := wire.Brokers(c.Broker)
	if err != nil {
		return nil // told with the configuration
	}
	secure, err := trusted(f)
	if err != nil {
		return []doctor.Check{{Name: doctor.Same("ca_file"), Look: func(context.Context) []doctor.Finding {
			return []doctor.Finding{{Level: doctor.Bad, What: doctor.Same("%v", err), Mend: doctor.Both("put the authority's certificate there, as PEM", "请放置 PEM 格式的 CA 证书")}}
		}}}
	}
	for _, b := range brokers {
		out = append(out, reachURL(doctor.Both("broker", "消息服务器"), b, map[string]string{"mqtt": "1883", "mqtts": "8883"}, secure))
	}
	return append(out, reachURL(doctor.Both("cloud", "云端"), c.Evidence, map[string]string{"http": "80", "https": "443"}, secure))
}

func reachURL(name doctor.Words, address string, ports map[string]string, secure *tls.Config) doctor.Check {
	u, err := url.Parse(address)
	if err != nil {
		return doctor.Check{Name: name, Look: func(context.Context) []doctor.Finding { return nil }} // told with the configuration
	}
	if !strings.HasSuffix(u.Scheme, "s") {
		secure = nil
	}
	return doctor.Reach(name, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), ports[u.Scheme])), secure)
}

// trusted is how the cloud's certificate is checked: as the running box does.
func trusted(f config.File) (*tls.Config, error) {
	own, err := identity.Open(identity.Folder(f.Data))
	if errors.Is(err, identity.ErrNone) {
		return trust.Client(f.Cloud.CAFile)
	}
	if err != nil {
		return nil, err
	}
	return own.TLS(f.Cloud.CAFile)
}
