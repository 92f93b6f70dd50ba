//go:build !nocv

package decode

import "eastgate/edge/flow"

// Able gives nil when this machine's FFmpeg decodes a codec, by FFmpeg's name of it.
func Able(name string) error {
	c, err := open(&flow.Stream{Codec: name})
	if err != nil {
		return err
	}
	c.close()
	return nil
}
