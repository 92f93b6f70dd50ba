package seed

// A rhythm is when things of a class happen: a weight for each hour of the day.
type rhythm [24]float64

func hours(weights ...float64) (r rhythm) {
	for h := range r {
		r[h] = weights[h*len(weights)/24]
	}
	return r
}

// Rhythms, in steps of two hours from midnight on.
var (
	always  = hours(1)
	office  = hours(0, 0, 0, .2, 2, 3, 2, 3, 3, 1, .3, 0)
	daytime = hours(.1, .1, .1, .6, 2, 2, 2, 2, 2, 2, 1, .3)
	evening = hours(.4, .2, .1, .4, .8, 1, 1.5, 1, 1.5, 3, 3, 1.2)
	night   = hours(3, 3, 2, .6, .3, .3, .3, .3, .5, 1, 2, 3)
	trade   = hours(0, 0, 0, 1, 2, 2, 2.5, 2, 2.5, 3, 2, .3)
	commute = hours(.2, .1, .1, 2, 2.5, 1.2, 1.2, 1, 2.2, 3, 2, .6)
)

// A rate is how often things of a class happen in a year of the demo site, who
// finds them first and how long they take. It is invented, in plausible sizes, so
// that pages and figures have something to show: nothing of it was measured.
type rate struct {
	class  string
	year   float64 // real ones
	when   rhythm
	summer float64 // how much more in July than in January
	// Of the real ones, the share first found by a camera's detector, by a guard at
	// the screens, and by a sensor; people find the rest.
	camera, screen, sensor float64
	untrue                 float64 // signals that are nothing, as a share of the real ones
	unit                   string  // who handles it: "property" is the compound's own
	minutes                float64 // median from arrival to done
	where                  string  // kind of place: compound, shop, park, building
}

// rates are those of the nine domains and X. Detectors find what edge boxes can
// send today; other things are seen by cameras only where a guard looks.
var rates = []rate{
	{"fire.visual", 26, evening, 1, .8, .05, 0, 1.6, "micro-fire", 35, "compound"},
	{"fire.smoke", 42, evening, .8, 0, 0, .95, 1.1, "micro-fire", 25, "building"},
	{"fire.gas", 18, evening, .6, 0, 0, .95, .6, "micro-fire", 40, "building"},
	{"fire.manual_button", 6, daytime, 1, 0, 0, 1, .8, "micro-fire", 20, "building"},
	{"fire.lane_blocked", 720, commute, 1, .9, .03, 0, .08, "property", 28, "compound"},
	{"fire.exit_blocked", 55, daytime, 1, 0, .2, 0, .05, "property", 70, "building"},
	{"fire.equipment_fault", 85, daytime, 1, 0, 0, .6, .1, "property", 300, "building"},
	{"fire.ebike_charging", 130, evening, 1.2, 0, .4, 0, .1, "property", 45, "building"},

	{"security.intrusion", 170, night, 1, .9, .03, 0, .7, "property", 18, "compound"},
	{"security.motion", 30, night, 1, 1, 0, 0, 18, "property", 15, "compound"},
	{"security.door_forced", 26, night, 1, 0, 0, .9, .8, "property", 25, "building"},
	{"security.panic", 14, evening, 1, 0, 0, 1, .9, "police-station", 25, "shop"},
	{"security.theft", 48, daytime, 1.1, 0, .1, 0, .05, "police-station", 90, "shop"},
	{"device.tamper", 60, always, 1, 1, 0, 0, .4, "device-service", 90, "compound"},
	{"device.video_loss", 120, always, 1, 1, 0, 0, .05, "device-service", 150, "shop"},
	{"device.battery_low", 70, always, 1, 0, 0, 1, .02, "device-service", 600, "building"},

	{"street.shop_outside", 860, trade, 1.3, 0, .8, 0, .06, "urban-office", 35, "shop"},
	{"street.vendor", 760, trade, 1.6, 0, .82, 0, .06, "urban-office", 30, "shop"},
	{"street.illegal_advert", 110, daytime, 1, 0, .3, 0, .03, "urban-office", 240, "building"},
	{"street.signboard", 26, daytime, 1, 0, .3, 0, .05, "urban-office", 300, "shop"},
	{"street.noise", 75, evening, 1.5, 0, 0, 0, .15, "urban-office", 50, "shop"},
	{"street.open_grill", 110, evening, 3, 0, .6, 0, .05, "urban-office", 40, "shop"},
	{"street.hanging", 50, daytime, 1, 0, .5, 0, .05, "urban-office", 60, "shop"},
	{"parking.motor", 2500, commute, 1, .92, .03, 0, .07, "traffic-police", 32, "compound"},
	{"parking.nonmotor", 620, commute, 1, 0, .8, 0, .05, "urban-office", 40, "shop"},
	{"env.waste_overflow", 600, daytime, 1.4, 0, .78, 0, .03, "property", 120, "compound"},
	{"env.waste_exposed", 340, daytime, 1.3, 0, .74, 0, .04, "property", 140, "compound"},
	{"env.waste_heap", 140, daytime, 1.1, 0, .7, 0, .04, "property", 400, "compound"},
	{"env.piled_goods", 210, trade, 1, 0, .72, 0, .05, "urban-office", 110, "shop"},
	{"env.road_dirty", 90, daytime, .8, 0, .5, 0, .03, "urban-office", 120, "shop"},
	{"env.burning", 22, daytime, .6, 0, .5, 0, .1, "urban-office", 30, "compound"},
	{"env.waste_missorted", 85, evening, 1, 0, .4, 0, .1, "property", 90, "compound"},

	{"building.lift_fault", 42, always, 1, 0, 0, 0, .05, "property", 130, "building"},
	{"building.lighting", 85, night, .8, 0, .2, 0, .04, "property", 300, "building"},
	{"building.leak", 65, daytime, 1, 0, 0, 0, .05, "property", 260, "building"},
	{"building.facade", 9, daytime, 1, 0, .1, 0, .1, "property", 500, "building"},
	{"building.unauthorised", 12, daytime, 1, 0, .2, 0, .1, "urban-office", 3000, "building"},
	{"gate.fault", 55, always, 1, 0, .1, 0, .04, "property", 120, "compound"},
	{"green.damage", 30, daytime, 1.5, 0, .3, 0, .05, "property", 300, "compound"},

	{"report.resident", 360, office, 1, 0, 0, 0, .05, "committee", 600, "building"},
	{"report.merchant", 140, trade, 1, 0, 0, 0, .05, "committee", 500, "shop"},
	{"report.suggestion", 55, office, 1, 0, 0, 0, .02, "committee", 1500, "building"},
	{"report.property_service", 65, evening, 1, 0, 0, 0, .05, "property", 700, "building"},

	{"infra.water_burst", 8, always, .6, 0, .2, 0, .05, "emergency-office", 150, "compound"},
	{"infra.flooding", 18, always, 3, 0, .2, .5, .3, "emergency-office", 120, "compound"},
	{"infra.road_collapse", 2, always, 1.5, 0, .2, 0, 0, "emergency-office", 400, "compound"},
	{"infra.cable_damage", 9, always, 1, 0, .2, 0, .1, "emergency-office", 200, "compound"},
	{"infra.heating_burst", 5, daytime, .1, 0, .1, 0, 0, "emergency-office", 200, "compound"},
	{"infra.power_cut", 14, always, 1.2, 0, 0, 0, 0, "emergency-office", 120, "compound"},
	{"weather.snow_ice", 18, daytime, .02, 0, .3, 0, 0, "committee", 180, "compound"},
	{"weather.storm_damage", 7, daytime, 2, 0, .2, 0, 0, "emergency-office", 240, "compound"},
	{"report.missing_person", 3, daytime, 1, 0, 0, 0, 0, "police-station", 180, "compound"},

	{"report.utilities", 130, daytime, .7, 0, 0, 0, .03, "committee", 500, "building"},
	{"task.repair", 110, office, 1, 0, 0, 0, 0, "volunteers", 90, "building"},
	{"task.delivery", 75, office, 1, 0, 0, 0, 0, "volunteers", 60, "building"},
	{"task.home_visit", 60, office, 1, 0, 0, 0, 0, "volunteers", 70, "building"},
	{"task.sanitation", 55, office, .7, 0, 0, 0, 0, "property", 120, "building"},
	{"task.supplies", 18, office, .5, 0, 0, 0, 0, "volunteers", 60, "building"},
	{"task.ventilation_check", 14, office, .8, 0, 0, 0, 0, "committee", 45, "shop"},

	{"report.dispute", 70, evening, 1, 0, 0, 0, .03, "committee", 2400, "building"},
	{"report.dispute_noise", 60, night, 1.3, 0, 0, 0, .06, "committee", 900, "building"},
	{"report.dispute_parking", 50, commute, 1, 0, 0, 0, .04, "committee", 700, "compound"},
	{"report.dispute_property", 36, office, 1, 0, 0, 0, .04, "committee", 2600, "building"},

	{"task.volunteer", 140, office, 1, 0, 0, 0, 0, "volunteers", 80, "building"},
	{"park.facility", 45, daytime, 1.6, 0, .4, 0, .05, "park-service", 600, "park"},
	{"park.water_edge", 6, daytime, 1.6, 0, .4, 0, 0, "park-service", 400, "park"},
	{"park.lawn", 24, daytime, 1.8, 0, .4, 0, .05, "park-service", 500, "park"},
}
