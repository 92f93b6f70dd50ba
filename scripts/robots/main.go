// Command robots is the other side of cloud/notify on this machine: group robots of
// WeCom, DingTalk and Feishu and an SMS provider, which show what they were sent as a
// phone would.
//
//	robots -listen 127.0.0.1:8090 wecom:duty:KEY dingtalk:lead:TOKEN:SECRET feishu:fire:TOKEN:SECRET sms:sms:TOKEN
//	curl -s 127.0.0.1:8090/messages
//	curl -X POST '127.0.0.1:8090/robots/duty/fail?how=down&for=20s'
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"eastgate/cloud/notify/robottest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address of the robots and of the page")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "robots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen string, args []string) error {
	if len(args) == 0 {
		return errors.New("name at least one robot, as KIND:NAME:KEY[:SECRET]")
	}
	s := robottest.New(nil)
	for _, a := range args {
		r, err := parse(a)
		if err != nil {
			return err
		}
		s.Add(r)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: handler(s), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { web.Close() })
	fmt.Printf("ready: %d robots, the phone at http://%s/\n", len(args), l.Addr())
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func parse(arg string) (robottest.Robot, error) {
	p := strings.SplitN(arg, ":", 4)
	kinds := []robottest.Kind{robottest.WeCom, robottest.DingTalk, robottest.Feishu, robottest.SMS, robottest.Webhook}
	if len(p) < 3 || !slices.Contains(kinds, robottest.Kind(p[0])) {
		return robottest.Robot{}, fmt.Errorf("%q is not KIND:NAME:KEY[:SECRET] with a kind of %v", strings.Join(p[:min(2, len(p))], ":"), kinds)
	}
	r := robottest.Robot{Kind: robottest.Kind(p[0]), Name: p[1], Key: p[2]}
	if len(p) == 4 {
		r.Secret = p[3]
	}
	return r, nil
}

// handler answers as the robots do, and besides shows what they took.
func handler(s *robottest.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { phone(w, r, s) })
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, r *http.Request) { list(w, r, s) })
	mux.HandleFunc("POST /robots/{name}/fail", func(w http.ResponseWriter, r *http.Request) {
		during, err := time.ParseDuration(r.FormValue("for"))
		if r.FormValue("for") == "" {
			err = nil
		}
		if err == nil {
			err = s.Fail(r.PathValue("name"), robottest.Fault(r.FormValue("how")), during)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}

// list tells messages after a number, the oldest first; with wait it answers when
// there is one, or after that long.
func list(w http.ResponseWriter, r *http.Request, s *robottest.Server) {
	after, _ := strconv.Atoi(r.FormValue("after"))
	wait, _ := time.ParseDuration(r.FormValue("wait"))
	told := s.Told()
	all := s.Messages()
	if len(all) <= after && wait > 0 {
		select {
		case <-told:
		case <-time.After(min(wait, time.Minute)):
		case <-r.Context().Done():
		}
		all = s.Messages()
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"messages": all[min(max(after, 0), len(all)):]})
}

//go:embed phone.html
var page string

// A bubble is one message as the phone shows it: text, and what can be tapped.
type bubble struct {
	robottest.Message
	Parts []piece
}

type piece struct{ Text, Link string }

var view = template.Must(template.New("phone").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.In(time.FixedZone("", 8*60*60)).Format("15:04:05") },
	"app": func(k robottest.Kind) string {
		return map[robottest.Kind]string{robottest.WeCom: "企业微信", robottest.DingTalk: "钉钉", robottest.Feishu: "飞书", robottest.SMS: "短信", robottest.Webhook: "Webhook"}[k]
	},
}).Parse(page))

// shown is how many messages the phone shows at most.
const shown = 100

func phone(w http.ResponseWriter, r *http.Request, s *robottest.Server) {
	all := s.Messages()
	slices.Reverse(all)
	only := r.FormValue("robot")
	var out []bubble
	for _, m := range all {
		if only == "" || m.Robot == only {
			out = append(out, bubble{m, pieces(m)})
		}
		if len(out) == shown {
			break
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	view.Execute(w, map[string]any{"Messages": out, "Robots": s.Robots(), "Only": only}) //nolint:errcheck // nobody is left to hear it
}

// pieces cuts a text at its links.
func pieces(m robottest.Message) []piece {
	var out []piece
	rest := m.Text
	for _, l := range m.Links {
		before, after, found := strings.Cut(rest, l)
		if !found {
			continue
		}
		out = append(out, piece{Text: before}, piece{Link: l})
		rest = after
	}
	return append(out, piece{Text: rest})
}
