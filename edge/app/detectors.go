//go:build !nocv

package app

import (
	"time"

	"eastgate/edge/config"
	"eastgate/edge/detect"
	"eastgate/edge/detect/dwell"
	"eastgate/edge/detect/fire"
	"eastgate/edge/detect/motion"
	"eastgate/edge/detect/tamper"
	"eastgate/edge/zone"
)

// kinds is the one list of detectors to extend.
var kinds = []kind{
	{
		"fire", 100 * time.Millisecond,
		func(d config.Detect, _ zone.Areas) bool { return d.Fire.Enabled },
		openFire,
	},
	{
		"motion", 200 * time.Millisecond,
		func(d config.Detect, _ zone.Areas) bool { return d.Motion.Enabled },
		func(d config.Detect, a zone.Areas) (detect.Detector, error) { return motion.Open(d.Motion.Config, a) },
	},
	{
		"parking", 250 * time.Millisecond,
		func(d config.Detect, a zone.Areas) bool {
			return d.Parking.Enabled && len(a.Of(zone.NoParking, zone.FireLane)) > 0
		},
		openDwell,
	},
	{
		"tamper", 500 * time.Millisecond,
		func(d config.Detect, _ zone.Areas) bool { return d.Tamper.Enabled },
		func(d config.Detect, a zone.Areas) (detect.Detector, error) { return tamper.Open(d.Tamper.Config, a) },
	},
}

func openFire(d config.Detect, a zone.Areas) (detect.Detector, error) {
	look, err := fireLook()
	if err != nil {
		return nil, err
	}
	return fire.Open(d.Fire.Config, a, look)
}

func openDwell(d config.Detect, a zone.Areas) (detect.Detector, error) {
	look, err := vehicleLook()
	if err != nil {
		return nil, err
	}
	return dwell.Open(d.Parking.Config, a, look)
}
