package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// boxes knows the boxes' secrets.
type boxes interface {
	Check(ctx context.Context, site, box, secret string) error
}

// Upload answers PUT /v1/evidence/{sha256} from boxes: 201 when the file was
// stored, 200 when it was there.
func Upload(f *Folder, b boxes, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, secret, _ := r.BasicAuth()
		site, box, _ := strings.Cut(user, "/")
		if err := b.Check(r.Context(), site, box, secret); err != nil {
			w.Header().Set("WWW-Authenticate", `Basic realm="eastgate"`)
			problem(w, http.StatusUnauthorized, "the box is unknown or its secret is wrong: enrol it again")
			return
		}
		sum := r.PathValue("sha256")
		if f.Has(sum) {
			w.WriteHeader(http.StatusOK)
			return
		}
		err := f.Put(r.Context(), sum, http.MaxBytesReader(w, r.Body, MaxFile+1))
		switch {
		case err == nil:
			w.WriteHeader(http.StatusCreated)
		case errors.Is(err, ErrName), errors.Is(err, ErrHash):
			problem(w, http.StatusBadRequest, err.Error())
		case errors.Is(err, ErrTooLarge), errors.As(err, new(*http.MaxBytesError)):
			problem(w, http.StatusRequestEntityTooLarge, ErrTooLarge.Error())
		case errors.Is(err, ErrFull):
			log.Error("evidence is refused", "site", site, "box", box, "err", err)
			problem(w, http.StatusInsufficientStorage, err.Error())
		default:
			log.Error("evidence cannot be stored", "site", site, "box", box, "err", err)
			problem(w, http.StatusInternalServerError, "the file could not be stored")
		}
	})
}

// problem answers in the form of RFC 9457.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}
