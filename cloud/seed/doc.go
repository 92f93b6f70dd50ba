// Package seed plays a scripted year of the demo site, so that pages, exports and
// figures have something to show and to be checked against.
//
// It promises that the same seed gives the same year, to the last id and
// millisecond; that everything goes through the centre's own doors (events as
// boxes send them, reports as people make them, actions as the table allows them),
// so that a year which plays is a year which is possible; and that it is invented:
// no figure of it says anything about a real place.
package seed
