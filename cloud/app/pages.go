package app

import (
	"net/http"

	"eastgate/cloud/evidence"
)

// openPages opens the evidence folder and builds what answers over HTTP.
func (c *Cloud) openPages() error {
	folder, err := evidence.Open(c.file.EvidenceDir, c.file.EvidenceBytes)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("PUT /v1/evidence/{sha256}", evidence.Upload(folder, c.boxes, c.log))
	c.pages = mux
	return nil
}
