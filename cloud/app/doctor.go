package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"eastgate/cloud/backup"
	"eastgate/cloud/config"
	"eastgate/shared/doctor"
	"eastgate/shared/health"
	"eastgate/shared/secret"
)

// healthy asks this machine's running cloud, for as long as wait.
func healthy(ctx context.Context, f config.File, wait time.Duration) error {
	if !f.PagesTLS() {
		return health.Wait(ctx, health.Local("http", f.Listen), nil, wait)
	}
	// Asked at the machine's own address, which no certificate need name; nothing secret is said.
	secure := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // see above
	return health.Wait(ctx, health.Local("https", f.Listen), secure, wait)
}

// health asks the running cloud whether it does its work.
func (c Console) health(ctx context.Context, args []string) error {
	flags, path := c.flags("health")
	wait := flags.Duration("wait", 0, "how long to go on asking")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	if err := healthy(ctx, f, *wait); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.Out, "healthy")
	return err
}

// doctor says what is wrong with this machine as a centre, and how to mend it.
func (c Console) doctor(ctx context.Context, args []string) error {
	flags, path := c.flags("doctor")
	lang := flags.String("lang", doctor.Language(os.Getenv), "en or zh")
	asJSON := flags.Bool("json", false, "one JSON object for each check")
	backups := flags.String("backups", "", "`folder` of the backups")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	return doctor.Tell(ctx, c.Out, *lang, *asJSON, c.checks(*path, *backups, f, err))
}

// roomForEvents is what the database should have ahead of it.
const roomForEvents = 5 << 30

func (c Console) checks(path, backups string, f config.File, fault error) []doctor.Check {
	out := []doctor.Check{doctor.Configuration(fault, doctor.Same("%s; cloud %s", path, c.Version)), doctor.Clock()}
	if fault != nil {
		return out
	}
	running := healthy(context.Background(), f, 0) == nil
	out = append(out,
		doctor.Private(doctor.Both("secrets", "密钥文件"), secret.Files(f)...),
		doctor.Credentials(doctor.Both("credentials", "systemd 凭据"), doctor.Credstores, secret.Credentials(f)...),
		doctor.Disk(doctor.Both("evidence", "证据目录"), f.EvidenceDir, uint64(f.EvidenceBytes)), //nolint:gosec // checked to be positive
		doctor.Free(doctor.Both("pages", "网页端口"), f.Listen, running),
	)
	if file, ok := strings.CutPrefix(f.Store, "sqlite:"); ok {
		out = append(out, doctor.Disk(doctor.Both("database folder", "数据库目录"), filepath.Dir(file), roomForEvents))
	}
	if !f.Broker.Outside() {
		out = append(out, doctor.Free(doctor.Both("broker", "消息服务端口"), f.Broker.Listen, running))
	}
	return append(out, storeCheck(f), publicCheck(f), backupCheck(backups))
}

// storeCheck opens the database only where it is there already: looking makes none.
func storeCheck(f config.File) doctor.Check {
	return doctor.Check{Name: doctor.Both("database", "数据库"), Look: func(ctx context.Context) []doctor.Finding {
		if file, ok := strings.CutPrefix(f.Store, "sqlite:"); ok {
			if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
				return []doctor.Finding{doctor.Fine(doctor.Words{EN: file + " is not there yet; the first run makes it", ZH: file + " 尚不存在，首次运行时创建"})}
			}
		}
		s, err := openStore(ctx, f)
		if err == nil {
			err = errors.Join(s.Intact(ctx), s.Close())
		}
		if err != nil {
			return []doctor.Finding{{
				Level: doctor.Bad, What: doctor.Same("%v", err),
				Mend: doctor.Both("stop the cloud, keep the damaged database aside, and restore the newest backup", "停止云端服务，保留损坏的数据库，并恢复最近的备份"),
			}}
		}
		return []doctor.Finding{doctor.Fine(doctor.Both("opens and is whole", "可打开且完整"))}
	}}
}

func publicCheck(f config.File) doctor.Check {
	return doctor.Check{Name: doctor.Both("address for browsers", "访问地址"), Look: func(context.Context) []doctor.Finding {
		u, err := url.Parse(f.PublicURL)
		if err != nil {
			return nil // told with the configuration
		}
		if u.Scheme == "https" || u.Hostname() == "localhost" || strings.HasPrefix(u.Hostname(), "127.") {
			return []doctor.Finding{doctor.Fine(doctor.Same("%s", f.PublicURL))}
		}
		return []doctor.Finding{{
			Level: doctor.Bad, What: doctor.Words{EN: f.PublicURL + " sends passwords in the clear", ZH: f.PublicURL + " 以明文传输密码"},
			Mend: doctor.Both("put https:// there and a certificate before it", "改为 https:// 并配置证书"),
		}}
	}}
}

// stale is the age of a backup at which something has gone wrong with the daily one.
const stale = 50 * time.Hour

func backupCheck(dir string) doctor.Check {
	return doctor.Check{Name: doctor.Both("backup", "备份"), Look: func(context.Context) []doctor.Finding {
		mend := doctor.Both("cloud backup -to FOLDER, daily; eastgate-cloud-backup.timer does it", "每日执行 cloud backup -to 目录；可启用 eastgate-cloud-backup.timer")
		if dir == "" {
			return []doctor.Finding{{Level: doctor.Unknown, What: doctor.Both("not looked at: -backups says where they are", "未检查：用 -backups 指明备份目录"), Mend: mend}}
		}
		age, err := backup.Age(dir, time.Now())
		switch {
		case err != nil:
			return []doctor.Finding{{Level: doctor.Bad, What: doctor.Same("%v", err), Mend: mend}}
		case age > stale:
			return []doctor.Finding{{Level: doctor.Bad, What: doctor.Words{EN: fmt.Sprintf("the newest is %.0f h old", age.Hours()), ZH: fmt.Sprintf("最近的备份已有 %.0f 小时", age.Hours())}, Mend: mend}}
		}
		return []doctor.Finding{doctor.Fine(doctor.Words{EN: fmt.Sprintf("the newest is %.0f h old", age.Hours()), ZH: fmt.Sprintf("最近的备份为 %.0f 小时前", age.Hours())})}
	}}
}
