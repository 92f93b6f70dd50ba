// Package videofile reads a video file as if it were a camera: coded pictures
// with their media time, for `edge analyze`, tests and the camera simulator.
//
// It opens whatever FFmpeg can open. Times are those that the file itself gives.
package videofile

import "time"

// Base is the wall clock at media time 0 of every file, so that what a file leads
// to does not depend on the day it is read.
var Base = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Info is what is known of a file when it is opened; 0 where the file does not say.
type Info struct {
	Codec         string // FFmpeg's name
	Width, Height int
	Duration      time.Duration
	Frames        int64
	FPS           float64
	Bytes         int64 // of the file
}
