package web

import (
	"encoding/json"
	"maps"
	"net/http"
)

// A Problem is a refusal in the form of RFC 9457.
type Problem struct {
	Kind   Kind
	Detail string
	Faults []Fault        // which fields are wrong
	More   map[string]any // further members, such as the incident as it is now
}

// A Fault is one thing that is wrong with what was sent.
type Fault struct {
	// In is "path", "query", "header" or "body"; Field a name, or in a body a JSON
	// pointer (RFC 6901).
	In     string `json:"in"`
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// A Kind of problem has a name that never changes, the last part of its type.
type Kind struct {
	Name   string
	Status int
	Title  string
}

// The kinds of problems.
var (
	Malformed    = Kind{"malformed", http.StatusBadRequest, "The request cannot be read"}
	Invalid      = Kind{"invalid", http.StatusUnprocessableEntity, "The request does not fit"}
	LoginNeeded  = Kind{"login-needed", http.StatusUnauthorized, "Log in first"}
	WrongLogin   = Kind{"wrong-login", http.StatusUnauthorized, "Name or password is wrong"}
	WrongCode    = Kind{"wrong-code", http.StatusUnauthorized, "The code is wrong, or was used"}
	SecondNeeded = Kind{"second-needed", http.StatusForbidden, "A second factor is needed"}
	Locked       = Kind{"locked", http.StatusTooManyRequests, "Too many wrong passwords"}
	Forged       = Kind{"forged", http.StatusForbidden, "Not from the session's own page"}
	Forbidden    = Kind{"forbidden", http.StatusForbidden, "The role does not allow it"}
	SamePerson   = Kind{"same-person", http.StatusForbidden, "Another person must do it"}
	NotFound     = Kind{"not-found", http.StatusNotFound, "There is no such thing"}
	Changed      = Kind{"changed", http.StatusPreconditionFailed, "Somebody was faster"}
	Conflict     = Kind{"conflict", http.StatusConflict, "The state does not allow it"}
	Unversioned  = Kind{"unversioned", http.StatusPreconditionRequired, "If-Match is needed"}
	Unkeyed      = Kind{"unkeyed", http.StatusBadRequest, "Idempotency-Key is needed"}
	Underway     = Kind{"underway", http.StatusConflict, "The first request with this key is not done"}
	KeyReused    = Kind{"key-reused", http.StatusUnprocessableEntity, "The key was used for another request"}
	WrongMethod  = Kind{"wrong-method", http.StatusMethodNotAllowed, "The path has no such method"}
	TooLarge     = Kind{"too-large", http.StatusRequestEntityTooLarge, "The body is too large"}
	WrongMedia   = Kind{"wrong-media", http.StatusUnsupportedMediaType, "The body's form is not taken"}
	TooMany      = Kind{"too-many", http.StatusTooManyRequests, "Too many requests"}
	Broken       = Kind{"broken", http.StatusInternalServerError, "The cloud cannot answer"}
	NotAvailable = Kind{"not-available", http.StatusServiceUnavailable, "Not at the moment"}
)

// Kinds are all kinds, for the documentation.
var Kinds = []Kind{
	Malformed, Invalid, LoginNeeded, WrongLogin, WrongCode, SecondNeeded, Locked, Forged, Forbidden, SamePerson, NotFound, Changed, Conflict, Unversioned, Unkeyed,
	Underway, KeyReused, WrongMethod, TooLarge, WrongMedia, TooMany, Broken, NotAvailable,
}

// Type is the kind's identifier, and where it is explained.
func (k Kind) Type() string { return "/api/docs#problem-" + k.Name }

// With returns a problem of the kind.
func (k Kind) With(detail string) *Problem { return &Problem{Kind: k, Detail: detail} }

func (p *Problem) Error() string { return p.Kind.Name + ": " + p.Detail }

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	body := map[string]any{"type": p.Kind.Type(), "title": p.Kind.Title, "status": p.Kind.Status, "detail": p.Detail}
	if len(p.Faults) > 0 {
		body["faults"] = p.Faults
	}
	maps.Copy(body, p.More)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Kind.Status)
	json.NewEncoder(w).Encode(body)
}
