package onviftest

import (
	"net/http"
	"strings"
	"time"

	"eastgate/edge/onvif"
)

// answer does what is asked, as the WSDL of the operation's namespace says.
func (d *Device) answer(w http.ResponseWriter, r *http.Request, c call) {
	op := c.Body.Operation
	switch ns := op.XMLName.Space; {
	case ns == onvif.NamespaceDevice && d.device(w, r, op.XMLName.Local):
	case ns == onvif.NamespaceMedia1 && d.media(w, r, op, "1"):
	case ns == onvif.NamespaceMedia2 && !d.cfg.OnlyMedia1 && d.media(w, r, op, "2"):
	case strings.HasPrefix(r.URL.Path, "/onvif/events") && d.event(w, r, c):
	default:
		d.fault(w, http.StatusInternalServerError, "s:Receiver", "ter:ActionNotSupported", "Optional Action Not Implemented")
	}
}

func (d *Device) device(w http.ResponseWriter, r *http.Request, operation string) bool {
	data := map[string]any{
		"Base": d.base(r), "Now": d.now(), "Media2": !d.cfg.OnlyMedia1,
		"Manufacturer": d.cfg.Manufacturer, "Model": d.cfg.Model,
	}
	switch operation {
	case "GetSystemDateAndTime", "GetDeviceInformation", "GetCapabilities":
	case "GetServices":
		if d.cfg.OnlyCapabilities {
			return false
		}
	default:
		return false
	}
	d.write(w, http.StatusOK, operation, data)
	return true
}

func (d *Device) media(w http.ResponseWriter, r *http.Request, op operation, version string) bool {
	base := d.base(r)
	switch op.XMLName.Local {
	case "GetProfiles":
		d.write(w, http.StatusOK, "GetProfiles"+version, d.cfg.Profiles)
		return true
	case "GetStreamUri", "GetSnapshotUri":
	default:
		return false
	}
	bad := op.XMLName.Local == "GetStreamUri" && op.Protocol != "RTSP" && (op.Setup == nil || op.Setup.Stream != "RTP-Unicast" || op.Setup.Protocol != "RTSP")
	for _, p := range d.cfg.Profiles {
		if p.Token == op.ProfileToken && !bad {
			d.write(w, http.StatusOK, op.XMLName.Local+version, map[string]any{"Base": base, "Profile": p.at(base)})
			return true
		}
	}
	d.fault(w, http.StatusBadRequest, "s:Sender", "ter:NoProfile", "Profile does not exist")
	return true
}

func (d *Device) event(w http.ResponseWriter, r *http.Request, c call) bool {
	op, now := c.Body.Operation, d.now()
	if op.XMLName.Local == "CreatePullPointSubscription" {
		id := d.events.subscribe()
		d.write(w, http.StatusOK, "CreatePullPointSubscription", map[string]any{"Base": d.base(r), "ID": id, "Now": now, "End": now.Add(time.Minute)})
		return true
	}
	s := d.events.find(c.Header.Subscription)
	if s == nil {
		d.fault(w, http.StatusInternalServerError, "s:Sender", "wsrf-rw:ResourceUnknownFault", "The subscription is unknown")
		return true
	}
	data := map[string]any{"Now": now, "End": now.Add(time.Minute)}
	switch op.XMLName.Local {
	case "PullMessages":
		var wait time.Duration
		if t := strings.TrimSuffix(strings.TrimPrefix(op.Timeout, "PT"), "S"); t != "" {
			wait, _ = time.ParseDuration(t + "s")
		}
		messages, alive := s.pull(r.Context(), wait, op.MessageLimit)
		if !alive {
			return false
		}
		data["Messages"] = messages
	case "Renew":
		if d.cfg.NoRenew {
			return false
		}
	case "Unsubscribe":
		d.events.forget(c.Header.Subscription)
	default:
		return false
	}
	d.write(w, http.StatusOK, op.XMLName.Local, data)
	return true
}
