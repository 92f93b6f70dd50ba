package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// secretFiles end the names of files that hold one secret in a line.
var secretFiles = []string{".url", ".secret", ".token", ".key", ".phone", ".word"}

// secrets are all that the site uses, by what they are: passwords, keys, and what the
// database keeps.
func (s *site) secrets(ctx context.Context) (map[string]string, error) {
	known := map[string]string{"password of " + s.user: s.password, "password of lead": s.leadPassword}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.TrimPrefix(path, s.dir+"/")
		if info, err := d.Info(); err != nil || info.Size() > 64<<10 {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch block, _ := pem.Decode(text); {
		case block != nil && strings.HasSuffix(block.Type, "PRIVATE KEY"):
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			known["private key "+name] = lines[len(lines)/2]
			known["private key "+name+", as bytes"] = base64.StdEncoding.EncodeToString(block.Bytes)
		case block == nil && slices.Contains(secretFiles, filepath.Ext(path)):
			if word := secretOf(strings.TrimSpace(string(text))); word != "" {
				known["file "+name] = word
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	db, err := s.database()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT name, value FROM secrets")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		known["the cloud's "+name] = value
	}
	for what, word := range known {
		if len(word) < 6 {
			return nil, fmt.Errorf("%s is too short to look for", what)
		}
	}
	return known, rows.Err()
}

// secretOf is what is secret in the address of a robot, if anything is. What is no
// address is secret as a whole.
func secretOf(word string) string {
	u, err := url.Parse(word)
	if err != nil || u.Host == "" {
		return word
	}
	for _, key := range []string{"key", "access_token"} {
		if v := u.Query().Get(key); v != "" {
			return v
		}
	}
	if last := u.Path[strings.LastIndexByte(u.Path, '/')+1:]; len(last) >= 16 {
		return last
	}
	return "" // it is only where somebody is
}

// written are the ways in which a secret is often written.
func written(word string) map[string]string {
	out := map[string]string{"as it is": word}
	for how, other := range map[string]string{
		"escaped": url.QueryEscape(word), "in base64": base64.StdEncoding.EncodeToString([]byte(word)), "in hex": hex.EncodeToString([]byte(word)),
	} {
		if other != word {
			out[how] = other
		}
	}
	if raw, err := hex.DecodeString(word); err == nil {
		out["as bytes in base64"] = base64.StdEncoding.EncodeToString(raw)
	}
	return out
}

func (s *site) database() (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+filepath.Join(s.dir, "cloud.db")+"?mode=ro&_pragma=busy_timeout(5000)")
}

// ours are the processes that are looked at; the others play robots, police, cameras
// and sensors, and say their own secrets as they like.
var ours = []string{"cloud", "edge"}

// logs adds what the programs have said on their own.
func (s *site) logs(said map[string]string) error {
	for _, name := range ours {
		text, err := os.ReadFile(filepath.Join(s.dir, name+".log"))
		if err != nil {
			return err
		}
		if len(text) == 0 {
			return fmt.Errorf("%s has said nothing", name)
		}
		said["the log of "+name] = string(text)
	}
	return nil
}

// processesSay adds what everybody on the machine sees of our processes.
func (s *site) processesSay(said map[string]string) {
	for _, p := range s.running {
		if !slices.Contains(ours, p.name) {
			continue
		}
		for _, file := range []string{"cmdline", "comm"} {
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file)); err == nil {
				said["the "+file+" of "+p.name] = string(text)
			}
		}
	}
}

// registerSays adds every word of the register of access, of incidents and of their
// steps: people read them.
func (s *site) registerSays(ctx context.Context, said map[string]string) error {
	db, err := s.database()
	if err != nil {
		return err
	}
	defer db.Close()
	for _, table := range []string{"register", "incidents", "incident_steps", "events", "commands"} {
		text, err := dump(ctx, db, table)
		if err != nil {
			if table != "register" && strings.Contains(err.Error(), "no such table") {
				continue
			}
			return err
		}
		said["the table "+table] = text
	}
	if said["the table register"] == "" {
		return errors.New("the register is empty: nothing was done")
	}
	return nil
}

func dump(ctx context.Context, db *sql.DB, table string) (string, error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	cells := make([]any, len(columns))
	for i := range cells {
		cells[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			return "", err
		}
		for _, c := range cells {
			if v, ok := c.(*any); ok {
				fmt.Fprintf(&out, "%v\t", *v)
			}
		}
		out.WriteByte('\n')
	}
	return out.String(), rows.Err()
}

// openFiles are files of our programs that others on the machine could read, and that
// are more than logs: a secret there is as good as printed. What stands in a folder that
// is closed to others is closed.
func (s *site) openFiles() ([]string, error) {
	var out []string
	for _, top := range []string{"authority", "edge", "broker", "evidence"} {
		err := filepath.WalkDir(filepath.Join(s.dir, top), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(path, s.dir+"/")
			if d.IsDir() {
				if info.Mode().Perm()&0o077 == 0 {
					return fs.SkipDir // and its files are closed with it
				}
				return nil
			}
			text, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(text), "PRIVATE KEY") && info.Mode().Perm()&0o077 != 0 {
				out = append(out, name+" can be read by others")
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
