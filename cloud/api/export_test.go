package api

import (
	"net/http"
	"net/http/httptest"
)

// Find returns the operation that answers a request.
func (d *Document) Find(method, path string) *Operation {
	mux, by := http.NewServeMux(), map[string]*Operation{}
	for _, op := range d.Operations {
		mux.HandleFunc(op.Method+" "+op.Path, func(http.ResponseWriter, *http.Request) {})
		by[op.Method+" "+op.Path] = op
	}
	_, pattern := mux.Handler(httptest.NewRequest(method, path, nil))
	return by[pattern]
}
