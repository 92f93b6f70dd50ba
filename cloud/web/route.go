package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"eastgate/cloud/access"
)

// A Class says whom a route is for.
type Class string

// The classes.
const (
	Public  Class = "public"  // whoever comes, without logging in
	Person  Class = "person"  // who has logged in and holds one of the route's rights
	Machine Class = "machine" // a box, by its own proof; no session opens it
	Local   Class = "local"   // a program on this machine, or with a token of its own
)

// A Route is one way into the cloud and what it takes. Routes are declared where they
// are made, and Admit is the one place that holds requests against them; the matrix
// of routes and roles is computed from the same declarations.
type Route struct {
	Pattern string // as http.ServeMux reads it: "GET /people"
	Class   Class
	// Rights are those of which a person needs one, held anywhere: what of it he sees
	// and does, the handler asks of each object. Without any, a session is enough, and
	// lists show by its scope.
	Rights []access.Right
	// Half lets sessions through that lack their second factor: to show it, to get one, or
	// to leave.
	Half bool
	// Second asks for a second factor that was shown a short while ago, whoever it is.
	Second bool
	// Socket says that the refusal comes as a notice within a WebSocket, for a browser
	// cannot read why one was refused.
	Socket bool
}

// For returns a route for people with one of some rights.
func For(pattern string, rights ...access.Right) Route {
	return Route{Pattern: pattern, Class: Person, Rights: rights}
}

// Open returns a route for everybody.
func Open(pattern string) Route { return Route{Pattern: pattern, Class: Public} }

// Method is the route's method; GET takes HEAD too.
func (r Route) Method() string { method, _, _ := strings.Cut(r.Pattern, " "); return method }

// Path is the route's path, with names in braces.
func (r Route) Path() string { _, path, _ := strings.Cut(r.Pattern, " "); return path }

// Changes reports whether the route's method may change something.
func (r Route) Changes() bool { return !safe(r.Method()) }

func safe(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, method)
}

// Allows reports whether the rights of somebody open the route.
func (r Route) Allows(u access.User) bool {
	return len(r.Rights) == 0 || slices.ContainsFunc(r.Rights, func(right access.Right) bool { return access.May(u, right, access.Anywhere) })
}

// A Handler answers requests and knows by which routes.
type Handler interface {
	http.Handler
	Routes() []Route
}

// A Mux is a http.ServeMux that knows its routes: nothing is reached that was not
// declared.
type Mux struct {
	mux    *http.ServeMux
	routes []Route
}

// NewMux returns a Mux without routes.
func NewMux() *Mux { return &Mux{mux: http.NewServeMux()} }

// Handle declares a route and who answers it. A route without a class or a method is
// a fault of the program.
func (m *Mux) Handle(r Route, h http.Handler) {
	if r.Class == "" || !strings.HasPrefix(r.Path(), "/") {
		panic(fmt.Sprintf("web: route %q has no class or no method", r.Pattern))
	}
	m.routes = append(m.routes, r)
	m.mux.Handle(r.Pattern, h)
}

// Mount has another handler answer all below a path.
func (m *Mux) Mount(path string, h Handler) {
	m.routes = append(m.routes, h.Routes()...)
	m.mux.Handle(path, h)
}

// Also has a handler that is mounted answer below another path too.
func (m *Mux) Also(path string, h Handler) { m.mux.Handle(path, h) }

// Routes returns all that was declared.
func (m *Mux) Routes() []Route { return m.routes }

// Handler is http.ServeMux's.
func (m *Mux) Handler(r *http.Request) (http.Handler, string) { return m.mux.Handler(r) }

func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// Within returns the Mux behind what wrap puts before it.
func (m *Mux) Within(wrap func(http.Handler) http.Handler) Handler {
	return within{wrap(m), m}
}

type within struct {
	http.Handler
	mux *Mux
}

func (w within) Routes() []Route { return w.mux.routes }
