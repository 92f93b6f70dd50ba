package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
)

// systemPage shows how the cloud itself runs.
func (c *Console) systemPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	var x api.System
	if c.get(w, r, s, "/api/v1/system", &x) != nil {
		return
	}
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.system"], About: o.T["about.system"], Table: table{Name: "system", Columns: []string{"part", "state", "detail"}, Empty: "empty.list"}}
	for _, name := range slices.Sorted(maps.Keys(x.Parts)) {
		state := cell{Text: o.T["system.ok"], Badge: "up"}
		detail := word("–")
		if x.Parts[name] != "ok" {
			state, detail = cell{Text: o.T["system.fault"], Badge: "down"}, word(x.Parts[name])
		}
		p.Table.Rows = append(p.Table.Rows, row{Bad: x.Parts[name] != "ok", Cells: []cell{word(o.Word("part.of", name)), state, detail}})
	}
	plain := func(key, text string) {
		p.Table.Rows = append(p.Table.Rows, row{Cells: []cell{word(o.T[key]), word(text), word("–")}})
	}
	plain("system.version", x.Version)
	p.Table.Rows = append(p.Table.Rows, row{Cells: []cell{word(o.T["system.started"]), at(x.Started), word("–")}})
	plain("system.store", o.Word("store", x.Store)+", "+size(x.Bytes))
	plain("system.events", fmt.Sprint(x.Events))
	refused := row{Cells: []cell{word(o.T["system.refusals"]), word(fmt.Sprint(x.Refusals)), word(o.T["system.refusals.about"])}}
	refused.Bad = x.Refusals > 0
	p.Table.Rows = append(p.Table.Rows, refused, o.disk(x.Disk))
	plain("system.broker", o.Word("broker", x.Broker))
	if len(x.Replicas) > 0 {
		plain("system.replicas", fmt.Sprintf("%d: %s", len(x.Replicas), strings.Join(x.Replicas, ", ")))
	} else {
		plain("system.replicas", o.T["system.alone"])
	}
	plain("system.figures", x.Figures)
	plain("system.calendar", x.Calendar)
	c.show(w, r, s, "list.html", p)
}

// leastFree is the share of the evidence disk that should be free.
const leastFree = 0.1

func (o office) disk(d *api.Disk) row {
	out := row{Cells: []cell{word(o.T["system.disk"]), word("–"), word("–")}}
	if d != nil && d.Size > 0 {
		out.Cells[1].Text = o.Say("system.free", "free", size(d.Free), "size", size(d.Size))
		if out.Bad = float64(d.Free) < leastFree*float64(d.Size); out.Bad {
			out.Cells[1].Badge, out.Cells[2].Text = "late", o.T["system.disk.full"]
		}
	}
	return out
}

// size writes bytes in the largest unit that leaves a whole part.
func size(n int64) string {
	x, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for len(units) > 1 && x >= 1024 {
		x, units = x/1024, units[1:]
	}
	return short(x) + " " + units[0]
}
