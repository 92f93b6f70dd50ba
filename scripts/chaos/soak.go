package main

import (
	"context"
	"errors"
	"time"
)

func (s *suite) soak(context.Context, time.Duration) error { return errors.New("not yet") }
