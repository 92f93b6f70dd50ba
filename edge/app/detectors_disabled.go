//go:build nocv

package app

// kinds is empty in a program built without OpenCV.
var kinds []kind
