package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"eastgate/shared/secret"
)

// Disk checks that a folder can be written and that its disk has room: want bytes,
// and some inodes.
func Disk(name Words, dir string, want uint64) Check {
	return Check{name, func(context.Context) []Finding {
		there := existing(dir)
		if f, bad := writable(there); bad {
			return []Finding{f}
		}
		var st unix.Statfs_t
		if err := unix.Statfs(there, &st); err != nil {
			return []Finding{{Level: Unknown, What: Same("%s: %v", dir, err)}}
		}
		free := st.Bavail * uint64(st.Bsize) //nolint:gosec // a block has a positive size
		room := Words{fmt.Sprintf("%s has %s free", dir, size(free)), fmt.Sprintf("%s 剩余 %s", dir, size(free))}
		switch {
		case free < want/10, st.Files > 0 && st.Ffree < 1000:
			return []Finding{{Bad, room, Both("make room or enlarge the disk now: what must be kept will soon not fit", "立即清理或扩容：即将无法保存必须留存的数据")}}
		case free < want:
			return []Finding{{Warn, room, Words{fmt.Sprintf("plan for %s", size(want)), fmt.Sprintf("建议至少留出 %s", size(want))}}}
		}
		return []Finding{Fine(room)}
	}}
}

// existing is dir, or the nearest folder above it that is there: the program makes
// the rest.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func writable(dir string) (Finding, bool) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return Finding{Bad, Same("%v", err), Both("make the folder and give it to the service's user", "创建该目录并交给服务用户")}, true
	case !info.IsDir():
		return Finding{Bad, Same("%s is no folder", dir), Both("choose another folder", "请换一个目录")}, true
	case unix.Access(dir, unix.W_OK) != nil:
		return Finding{
			Bad,
			Words{dir + " cannot be written by this user", "当前用户不能写入 " + dir},
			Both("run this as the service's user, or: chown it to that user", "请以服务用户运行，或将目录属主改为服务用户"),
		}, true
	}
	return Finding{}, false
}

func size(n uint64) string {
	for _, u := range []struct {
		name string
		size uint64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}} {
		if n >= u.size {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}

// Private checks that files which hold secrets can be read by this user and by
// nobody else.
func Private(name Words, files ...string) Check {
	return Check{name, func(context.Context) []Finding {
		var out []Finding
		for _, file := range files {
			out = append(out, private(file))
		}
		return out
	}}
}

func private(file string) Finding {
	info, err := os.Stat(file)
	if err != nil {
		return Finding{Bad, Same("%v", err), Both("the configuration names this file: put it there", "配置中引用了该文件，请放好")}
	}
	mode := info.Mode().Perm()
	if unix.Access(file, unix.R_OK) != nil {
		return Finding{
			Bad,
			Words{file + " cannot be read by this user", "当前用户不能读取 " + file},
			Words{"chgrp it to the service's group, and chmod 640 " + file, "将其属组改为服务用户组，并执行 chmod 640 " + file},
		}
	}
	if secret.Guard(file, secret.Grouped) != nil {
		return Finding{
			Bad,
			Words{fmt.Sprintf("%s is open to others (%#o)", file, mode), fmt.Sprintf("%s 对其他用户开放（%#o）", file, mode)},
			Same("chmod 640 %s", file),
		}
	}
	return Fine(Words{fmt.Sprintf("%s (%#o)", file, mode), fmt.Sprintf("%s（%#o）", file, mode)})
}

// Credstores are where systemd looks for what LoadCredential=NAME names.
var Credstores = []string{"/etc/credstore", "/run/credstore", "/etc/credstore.encrypted", "/run/credstore.encrypted"}

// Credentials checks that what the service manager is to give lies in one of its stores,
// for root alone.
func Credentials(name Words, stores []string, names ...string) Check {
	return Check{name, func(context.Context) []Finding {
		var out []Finding
		for _, n := range names {
			out = append(out, credential(stores, n))
		}
		return out
	}}
}

func credential(stores []string, name string) Finding {
	for _, dir := range stores {
		file := filepath.Join(dir, name)
		err := secret.Guard(file, secret.Own)
		switch {
		case err == nil:
			return Fine(Same("%s", file))
		case errors.Is(err, fs.ErrPermission):
			return Finding{Unknown, Same("%v", err), Both("run this as root: only root sees it", "请以 root 运行：只有 root 可见")}
		case !errors.Is(err, fs.ErrNotExist):
			return Finding{Bad, Same("%v", err), Same("chmod 600 %s", file)}
		}
	}
	return Finding{
		Bad,
		Words{"credential " + name + " is in none of " + strings.Join(stores, ", "), "凭据 " + name + " 不在以下任何目录中：" + strings.Join(stores, "、")},
		Words{"put it there (mode 600), or name its file in a drop-in: LoadCredential=" + name + ":/path; then restart the service", "将其放入（权限 600），或在 drop-in 中用 LoadCredential=" + name + ":/路径 指定文件，然后重启服务"},
	}
}

// Clock checks that the machine's clock is synchronised, as the kernel knows it
// (adjtimex(2)), and by about how much it may be wrong.
func Clock() Check {
	return Check{Both("clock", "时钟"), func(context.Context) []Finding {
		var t unix.Timex
		state, err := unix.Adjtimex(&t)
		mend := Both("install chrony and let it reach a time server; times of events are evidence", "安装 chrony 并保证可访问时间服务器；事件时间是证据")
		switch {
		case err != nil:
			return []Finding{{Level: Unknown, What: Same("%v", err)}}
		case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
			return []Finding{{Warn, Both("is not synchronised", "未同步"), mend}}
		}
		off := time.Duration(t.Maxerror) * time.Microsecond
		return []Finding{Fine(Words{fmt.Sprintf("synchronised, wrong by %v at most", off), fmt.Sprintf("已同步，误差不超过 %v", off)})}
	}}
}

// Free checks that a program could listen at address; one that is taken is fine when
// it is ours who listens there, which running says.
func Free(name Words, address string, running bool) Check {
	return Check{name, func(ctx context.Context) []Finding {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		switch {
		case err == nil:
			l.Close() //nolint:errcheck // it was only a trial
			return []Finding{Fine(Words{address + " is free", address + " 空闲"})}
		case running:
			return []Finding{Fine(Words{address + " is used by the running service", address + " 由运行中的服务占用"})}
		}
		return []Finding{{Bad, Same("%v", err), Both("stop what uses it (ss -ltnp shows it), or choose another address", "用 ss -ltnp 查看占用者并停止，或更换地址")}}
	}}
}

// Reach checks that a TCP connection to address can be made and, with a TLS
// configuration, that the other side is who it should be.
func Reach(name Words, address string, secure *tls.Config) Check {
	return Check{name, func(ctx context.Context) []Finding {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return []Finding{{Bad, Same("%v", err), Both("write it as host:port", "请写成 主机:端口")}}
		}
		if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
			return []Finding{{Bad, Same("%v", err), Both("mend the name, or the machine's DNS (/etc/resolv.conf)", "检查主机名或本机 DNS（/etc/resolv.conf）")}}
		}
		began := time.Now()
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return []Finding{{Bad, Same("%v", err), Both("check cables, firewall and whether the other side runs", "检查网线、防火墙以及对端是否在运行")}}
		}
		defer conn.Close()
		took := time.Since(began).Round(time.Millisecond)
		if secure == nil {
			return []Finding{Fine(Words{fmt.Sprintf("%s answers in %v", address, took), fmt.Sprintf("%s %v 内应答", address, took)})}
		}
		c := secure.Clone()
		if c.ServerName == "" {
			c.ServerName = host
		}
		t := tls.Client(conn, c)
		if err := t.HandshakeContext(ctx); err != nil {
			return []Finding{{Bad, Same("%v", err), Both("check ca_file, the certificate's names and dates, and this machine's clock", "检查 ca_file、证书的名称与有效期，以及本机时钟")}}
		}
		return []Finding{certificate(address, t.ConnectionState())}
	}}
}

// soon is how long before its end a certificate is told of.
const soon = 21 * 24 * time.Hour

func certificate(address string, s tls.ConnectionState) Finding {
	end := s.PeerCertificates[0].NotAfter
	what := Words{
		fmt.Sprintf("%s, %s, certificate until %s", address, tls.VersionName(s.Version), end.Format(time.DateOnly)),
		fmt.Sprintf("%s，%s，证书有效期至 %s", address, tls.VersionName(s.Version), end.Format(time.DateOnly)),
	}
	if time.Until(end) < soon {
		return Finding{Warn, what, Both("renew the certificate of that side", "请更新对端证书")}
	}
	return Fine(what)
}
