package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
)

// An upload answers boxes.
type upload struct {
	folder *Folder
	who    func(*http.Request) (site, box string, ok bool)
	log    *slog.Logger
}

// Upload answers PUT, HEAD and PATCH /v1/evidence/{sha256} from boxes; who says which
// box asks.
//
// PUT stores a file: 201, or 200 when it was there. HEAD and PATCH are those of
// the Internet-Draft "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload):
// HEAD tells in Upload-Offset how much has come, PATCH adds what begins there, and
// the part with Upload-Complete: ?1 is the last. A file is known by its hash before
// it comes, so there is no request that creates it.
func Upload(f *Folder, who func(*http.Request) (site, box string, ok bool), log *slog.Logger) http.Handler {
	u := upload{f, who, log}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/evidence/{sha256}", u.known(u.put))
	mux.HandleFunc("HEAD /v1/evidence/{sha256}", u.known(u.head))
	mux.HandleFunc("PATCH /v1/evidence/{sha256}", u.known(u.patch))
	return mux
}

// known lets only boxes through; box is "site/box".
func (u upload) known(next func(w http.ResponseWriter, r *http.Request, box string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		site, box, ok := u.who(r)
		if !ok {
			problem(w, http.StatusUnauthorized, "the box is unknown: enrol it again")
			return
		}
		next(w, r, site+"/"+box)
	}
}

func (u upload) put(w http.ResponseWriter, r *http.Request, box string) {
	sum := r.PathValue("sha256")
	if u.folder.Has(sum) {
		w.WriteHeader(http.StatusOK)
		return
	}
	if err := u.folder.Put(r.Context(), sum, http.MaxBytesReader(w, r.Body, MaxFile+1)); err != nil {
		u.refuse(w, box, err)
		return
	}
	u.arrived(r, sum, box)
	w.WriteHeader(http.StatusCreated)
}

func (u upload) arrived(r *http.Request, sum, box string) {
	if u.folder.Arrived != nil {
		u.folder.Arrived(r.Context(), sum, box)
	}
}

func (u upload) head(w http.ResponseWriter, r *http.Request, box string) {
	offset, whole, err := u.folder.Progress(r.PathValue("sha256"), box)
	if err != nil {
		u.refuse(w, box, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Upload-Limit", "max-size="+strconv.Itoa(MaxFile))
	progress(w, offset, whole)
	w.WriteHeader(http.StatusNoContent)
}

func (u upload) patch(w http.ResponseWriter, r *http.Request, box string) {
	p := Part{Sum: r.PathValue("sha256"), Box: box, Last: r.Header.Get("Upload-Complete") == "?1"}
	var err error
	if p.Offset, err = strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64); err != nil || p.Offset < 0 {
		problem(w, http.StatusBadRequest, "Upload-Offset: want where the part begins")
		return
	}
	if r.Header.Get("Content-Type") != "application/partial-upload" {
		problem(w, http.StatusUnsupportedMediaType, "want application/partial-upload")
		return
	}
	if u.folder.Has(p.Sum) {
		progress(w, p.Offset, true)
		w.WriteHeader(http.StatusOK)
		return
	}
	offset, err := u.folder.Append(r.Context(), p, http.MaxBytesReader(w, r.Body, MaxFile+1))
	switch {
	case errors.Is(err, ErrOffset):
		progress(w, offset, false)
		problem(w, http.StatusConflict, err.Error())
	case err != nil:
		u.refuse(w, box, err)
	case p.Last:
		u.arrived(r, p.Sum, box)
		progress(w, offset, true)
		w.WriteHeader(http.StatusCreated)
	default:
		progress(w, offset, false)
		w.WriteHeader(http.StatusNoContent)
	}
}

func progress(w http.ResponseWriter, offset int64, whole bool) {
	w.Header().Set("Upload-Offset", strconv.FormatInt(offset, 10))
	w.Header().Set("Upload-Complete", "?0")
	if whole {
		w.Header().Set("Upload-Complete", "?1")
	}
}

// refuse says why a file is not stored.
func (u upload) refuse(w http.ResponseWriter, box string, err error) {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, io.ErrUnexpectedEOF): // the line broke; the box goes on from what has come
	case errors.Is(err, ErrName), errors.Is(err, ErrHash):
		problem(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, ErrTooLarge), errors.As(err, new(*http.MaxBytesError)):
		problem(w, http.StatusRequestEntityTooLarge, ErrTooLarge.Error())
	case errors.Is(err, ErrBusy):
		problem(w, http.StatusServiceUnavailable, err.Error())
	case errors.Is(err, ErrFull):
		u.log.Error("evidence is refused", "box", box, "err", err)
		problem(w, http.StatusInsufficientStorage, err.Error())
	default:
		u.log.Error("evidence cannot be stored", "box", box, "err", err)
		problem(w, http.StatusInternalServerError, "the file could not be stored")
	}
}

// problem answers in the form of RFC 9457.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}
