package api

import (
	"fmt"
	"strconv"
	"strings"

	"eastgate/cloud/web"
)

// ifMatch carries the version that a change is about (RFC 9110 §13.1.1).
const ifMatch = "If-Match"

// etag writes a version as a strong entity tag (RFC 9110 §8.8.3).
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// version reads which version a change is about.
func (c *call) version() (int64, error) {
	raw := c.said.word(ifMatch)
	inner, isTag := strings.CutPrefix(raw, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	n, err := strconv.ParseInt(inner, 10, 64)
	if !isTag || !closed || err != nil {
		return 0, &web.Problem{Kind: web.Malformed, Detail: fmt.Sprintf("If-Match %.40q is no tag that the API gave, such as \"7\"", raw)}
	}
	return n, nil
}
