// Package archcheck holds tests that keep the project's documents true: the
// table of packages and their imports, package comments, links, sample
// configurations, the commands that the README names, and the sizes of files
// and functions.
package archcheck
