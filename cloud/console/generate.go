package console

// The desk's script is built by a tool of ours, not by Node, and committed; a test
// builds it again and compares.
//go:generate go run -modfile=../../scripts/tools/go.mod desk/build.go static/desk
