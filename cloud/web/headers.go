package web

import (
	"net/http"
	"strings"
	"time"
)

// policy is what pages may load and do: their own files and nothing else. No script
// and no style stands in a page itself, so none needs an exception.
var policy = strings.Join([]string{
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src 'self' blob:", "font-src 'self'",
	"connect-src 'self'", "manifest-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
}, "; ")

// always are the headers that every answer has.
var always = map[string]string{
	"Content-Security-Policy":           policy,
	"X-Content-Type-Options":            "nosniff",
	"X-Frame-Options":                   "DENY", // for browsers that do not read frame-ancestors
	"X-Permitted-Cross-Domain-Policies": "none",
	"Referrer-Policy":                   "same-origin",
	"Cross-Origin-Opener-Policy":        "same-origin",
	"Cross-Origin-Resource-Policy":      "same-origin",
	"Permissions-Policy":                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), publickey-credentials-get=(self)",
	"Cache-Control":                     "no-store", // what may be kept says so itself
}

// hstsAge is a year, in seconds (OWASP ASVS 14.4.5).
const hstsAge = "max-age=31536000"

// Secured sets the headers that every answer has, and lets no change through that a
// page of another origin asks for, whatever cookies come with it. own is how browsers
// reach the cloud, as https://host; what stands before it may have another name.
func Secured(next http.Handler, own string) http.Handler {
	crossing := http.NewCrossOriginProtection()
	if own != "" {
		if err := crossing.AddTrustedOrigin(strings.TrimSuffix(own, "/")); err != nil {
			panic("web: " + err.Error()) // the configuration was checked
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range always {
			h.Set(name, value)
		}
		if strings.HasPrefix(own, "https:") {
			h.Set("Strict-Transport-Security", hstsAge)
		}
		if err := crossing.Check(r); err != nil {
			Forged.With("the request comes from another page").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// patience is how long a body of so many bytes may take to come: a photo over a bad
// line gets through, a byte a minute does not.
func patience(maxBody int64) time.Duration {
	const slowest = 64 << 10 // bytes a second
	return 30*time.Second + time.Duration(maxBody/slowest)*time.Second
}

// Bounded lets through a body of so many bytes, that comes in bounded time.
func Bounded(next http.Handler, maxBody int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, timed(w, r, patience(maxBody)), maxBody)
		}
		next.ServeHTTP(w, r)
	})
}
