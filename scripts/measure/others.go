package main

import (
	"context"
	"image"

	"gocv.io/x/gocv"

	"eastgate/edge/detect/dnn"
	"eastgate/models"
)

// quiet is after how many seconds without anything an event ends, as in confirm.
const quiet = 5.0

// others are what we compare with, each with plain settings, none tuned to clips.
func others() []finder {
	return []finder{colourRules{}, wholePicture{}, subtraction{}, &motionProgram{}}
}

// colourRules are the rules for fire of T. Çelik and H. Demirel, Fire detection in
// video sequences using a generic color model, Fire Safety Journal 44 (2009),
// equations 5 to 8, in YCbCr: lighter than blue, redder than blue, all three on
// fire's side of the picture's means, and Cb and Cr at least 40 apart. Without the
// bounds in the plane of Cb and Cr that they fitted to their own pictures.
type colourRules struct{}

func (colourRules) name() string {
	return "colour rules (Çelik and Demirel 2009), 0.1 % of the picture for 1 s"
}
func (colourRules) kinds() []string { return []string{"fire"} }

func (colourRules) find(ctx context.Context, file string, c clip, _ []string) ([]episode, error) {
	r := presence{kind: "fire.visual", lasts: 1, quiet: quiet}
	err := pictures(ctx, file, c, 10, 480, func(at float64, m gocv.Mat) error {
		ycc := gocv.NewMat()
		defer ycc.Close()
		gocv.CvtColor(m, &ycc, gocv.ColorBGRToYCrCb)
		pix, err := ycc.DataPtrUint8()
		if err != nil {
			return err
		}
		r.see(at, fireColoured(pix) >= 0.001)
		return nil
	})
	return r.events, err
}

// fireColoured is the share of a picture of Y, Cr, Cb bytes that the rules take for
// fire.
func fireColoured(pix []byte) float64 {
	var mean [3]float64
	for i, v := range pix {
		mean[i%3] += float64(v)
	}
	n := float64(len(pix) / 3)
	for i := range mean {
		mean[i] /= n
	}
	count := 0
	for i := 0; i+2 < len(pix); i += 3 {
		y, cr, cb := float64(pix[i]), float64(pix[i+1]), float64(pix[i+2])
		if y > cb && cr > cb && y > mean[0] && cr > mean[1] && cb < mean[2] && cr-cb >= 40 {
			count++
		}
	}
	return float64(count) / n
}

// wholePicture asks our own network about whole pictures, as classifiers of
// pictures are used, twice a second, at the threshold of its card.
type wholePicture struct{}

func (wholePicture) name() string    { return "our network on whole pictures, at its threshold for 1 s" }
func (wholePicture) kinds() []string { return []string{"fire"} }

func (wholePicture) find(ctx context.Context, file string, c clip, _ []string) ([]episode, error) {
	w, err := models.Fire()
	if err != nil {
		return nil, err
	}
	net, err := dnn.Open(w)
	if err != nil {
		return nil, err
	}
	defer net.Close()
	r := presence{kind: "fire.visual", lasts: 1, quiet: quiet}
	err = pictures(ctx, file, c, 2, 480, func(at float64, m gocv.Mat) error {
		says, err := net.Run(m)
		if err == nil {
			r.see(at, float64(says[0]) >= w.Outputs[0].OnePercent)
		}
		return err
	})
	return r.events, err
}

// subtraction is OpenCV's mixture of Gaussians (MOG2) as it comes: motion is more
// than 0.5 % of the picture for two pictures, a parked vehicle a tenth of a zone
// for the whole dwell.
type subtraction struct{}

func (subtraction) name() string    { return "OpenCV MOG2, plain thresholds" }
func (subtraction) kinds() []string { return []string{"motion", "parking"} }

func (subtraction) find(ctx context.Context, file string, c clip, kinds []string) ([]episode, error) {
	mog := gocv.NewBackgroundSubtractorMOG2()
	defer mog.Close()
	foreground := gocv.NewMat()
	defer foreground.Close()
	moves := presence{kind: "security.motion", lasts: 0.15, quiet: quiet}
	stands := make([]presence, len(c.zones()))
	for i := range stands {
		stands[i] = presence{kind: "parking.motor", lasts: dwell, quiet: quiet}
	}
	err := pictures(ctx, file, c, 5, 320, func(at float64, m gocv.Mat) error {
		mog.Apply(m, &foreground)
		gocv.Threshold(foreground, &foreground, 200, 255, gocv.ThresholdBinary) // without what it takes for shadow
		if at == 0 {
			return nil // all is foreground in the first picture
		}
		whole := float64(gocv.CountNonZero(foreground)) / float64(m.Rows()*m.Cols())
		moves.see(at, whole > 0.005)
		for i, z := range c.zones() {
			stands[i].see(at, filled(foreground, z) > 0.1)
		}
		return nil
	})
	var all []episode
	for _, k := range kinds {
		if k == "motion" {
			all = append(all, moves.events...)
			continue
		}
		for _, s := range stands {
			all = append(all, s.events...)
		}
	}
	return all, err
}

// filled is the share of a zone that is foreground.
func filled(foreground gocv.Mat, zone [][2]float64) float64 {
	mask := gocv.NewMatWithSize(foreground.Rows(), foreground.Cols(), gocv.MatTypeCV8U)
	defer mask.Close()
	mask.SetTo(gocv.NewScalar(0, 0, 0, 0))
	points := make([]image.Point, len(zone))
	for i, p := range zone {
		points[i] = image.Pt(int(p[0]*float64(mask.Cols())), int(p[1]*float64(mask.Rows())))
	}
	shape := gocv.NewPointsVectorFromPoints([][]image.Point{points})
	defer shape.Close()
	gocv.FillPoly(&mask, shape, white)
	area := gocv.CountNonZero(mask)
	gocv.BitwiseAnd(mask, foreground, &mask)
	return float64(gocv.CountNonZero(mask)) / float64(max(area, 1))
}
