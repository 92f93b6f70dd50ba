package contact

import (
	"github.com/warthog618/go-gpiocdev"
)

// A chip is a port of the Linux GPIO character device.
type chip struct {
	lines  *gpiocdev.Lines
	values []int
	high   int // the value of a line whose contact is closed
	edge   chan struct{}
}

func openChip(cfg Config, lines []int) (port, error) {
	c := &chip{values: make([]int, len(lines)), edge: make(chan struct{}, 1)}
	options := []gpiocdev.LineReqOption{
		gpiocdev.AsInput, gpiocdev.WithConsumer("eastgate"), gpiocdev.WithBothEdges,
		gpiocdev.WithEventHandler(func(gpiocdev.LineEvent) {
			select {
			case c.edge <- struct{}{}:
			default:
			}
		}),
	}
	switch cfg.Pull {
	case "up":
		options = append(options, gpiocdev.WithPullUp)
	case "down":
		c.high = 1
		options = append(options, gpiocdev.WithPullDown)
	}
	var err error
	c.lines, err = gpiocdev.RequestLines(cfg.Chip, lines, options...)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *chip) closed() ([]bool, error) {
	if err := c.lines.Values(c.values); err != nil {
		return nil, err
	}
	out := make([]bool, len(c.values))
	for i, v := range c.values {
		out[i] = v == c.high
	}
	return out, nil
}

func (c *chip) changed() <-chan struct{} { return c.edge }

func (c *chip) Close() error { return c.lines.Close() }
