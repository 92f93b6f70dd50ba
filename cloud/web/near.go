package web

import (
	"crypto/subtle"
	"net"
	"net/http"
)

// Near reports whether a request was made on this machine, and not for somebody
// elsewhere by a proxy that stands here.
func Near(r *http.Request) bool {
	ip := net.ParseIP(From(r))
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return ip != nil && ip.IsLoopback()
}

// Nearby lets programs on this machine through, and others with a token as "Bearer";
// without a token, none.
func Nearby(next http.Handler, token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := token != "" && subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(token)) == 1
		if !known && !Near(r) {
			LoginNeeded.With("from another machine it takes metrics_token of the configuration, as Authorization: Bearer").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
