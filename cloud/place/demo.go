package place

import (
	"fmt"
	"math"

	"eastgate/shared/event"
)

// The numbers of the demo site: those of a real community. Its names and points are
// invented, and nobody lives there.
const (
	DemoCompounds    = 7
	DemoBuildings    = 82
	DemoHouseholds   = 4377
	DemoShops        = 137 // along the streets, each with a camera
	DemoBusinesses   = 287 // the shops among them
	DemoInstitutions = 8
	DemoCameras      = DemoCompounds + DemoShops
)

// Demo returns the demo site, the same each time, as the lines of a list.
func Demo() []Row {
	var d demo
	d.add("", Place{Code: demoCode, Kind: Community, ZH: "东关花园社区", EN: "Dongguan Garden Community", Org: "community", Households: number(DemoHouseholds)}, 0, 0)
	d.compounds()
	d.streets()
	d.businesses()
	d.institutions()
	d.park()
	return d.rows
}

const demoCode = "dongguan"

// A demo gathers lines.
type demo struct{ rows []Row }

// add puts a place east and north of the site's middle, in metres.
func (d *demo) add(parent string, p Place, east, north float64) {
	const midLat, midLon, metre = 37.9300, 102.6500, 1.0 / 111_320
	lat := midLat + north*metre
	lon := midLon + east*metre/math.Cos(midLat*math.Pi/180)
	lat, lon = ToWGS84(WGS84, lat, lon)
	p.Lat, p.Lon, p.Datum = &lat, &lon, WGS84
	d.rows = append(d.rows, Row{Line: len(d.rows) + 2, Parent: parent, Place: p})
}

func number(n int) *int { return &n }

// share divides a number among n as evenly as whole numbers go.
func share(all, n, i int) int { return all*(i+1)/n - all*i/n }

var demoCompounds = [DemoCompounds][2]string{
	{"杏林苑", "Apricot Grove"},
	{"听松里", "Listening Pines"},
	{"映月园", "Mirror Moon Garden"},
	{"沁芳庭", "Fragrance Court"},
	{"祁岭家园", "Ridge View Homes"},
	{"渠畔人家", "Canal Side"},
	{"锦秋小区", "Golden Autumn"},
}

// demoBuildings is how many buildings each compound has.
var demoBuildings = [DemoCompounds]int{9, 14, 11, 13, 16, 8, 11}

func (d *demo) compounds() {
	building := 0
	for i, name := range demoCompounds {
		code := fmt.Sprintf("c%d", i+1)
		east, north := float64(i%4)*320-480, float64(i/4)*400-200
		homes := 0
		first := building
		for n := range demoBuildings[i] {
			homes += share(DemoHouseholds, DemoBuildings, first+n)
		}
		d.add(demoCode, Place{Code: code, Kind: Compound, ZH: name[0], EN: name[1], Org: fmt.Sprintf("property%d", i+1), Households: number(homes)}, east, north)
		d.device(code, "cam", Camera, "门口摄像机", "gate camera", code)
		d.add(code, Place{Code: code + "-gate", Kind: Spot, ZH: "大门", EN: "Main gate"}, east, north-90)
		d.device(code+"-gate", "door", Sensor, "门磁", "door contact", code)
		d.add(code, Place{Code: code + "-shed", Kind: Spot, ZH: "电动车棚", EN: "E-bike shed"}, east+60, north-60)
		d.device(code+"-shed", "smoke", Sensor, "烟感", "smoke sensor", code)
		d.device(code+"-shed", "water", Sensor, "水浸", "water sensor", code)
		for n := range demoBuildings[i] {
			building++
			d.add(code, Place{
				Code: fmt.Sprintf("b%02d", building), Kind: Building, ZH: fmt.Sprintf("%d号楼", n+1), EN: fmt.Sprintf("Building %d", n+1),
				Households: number(share(DemoHouseholds, DemoBuildings, building-1)),
			}, east+float64(n%4)*50-75, north+float64(n/4)*45-60)
		}
	}
}

// device hangs a device at a place, at the box of a site.
func (d *demo) device(parent, name string, kind Kind, zh, en, site string) {
	at := d.rows[len(d.rows)-1] // the place, or another device at it
	p := Place{Code: parent + "-" + name, Kind: kind, ZH: zh, EN: en, Device: event.NewSource(site, "box", name)}
	p.Lat, p.Lon, p.Datum = at.Lat, at.Lon, at.Datum
	d.rows = append(d.rows, Row{Line: len(d.rows) + 2, Parent: parent, Place: p})
}

var demoStreets = [5][2]string{
	{"东门路", "East Gate Road"},
	{"沁芳街", "Qinfang Street"},
	{"槐荫巷", "Locust Lane"},
	{"渠畔路", "Canal Road"},
	{"市集街", "Market Street"},
}

var demoTrades = [...][2]string{
	{"面馆", "Noodles"},
	{"超市", "Groceries"},
	{"理发店", "Hairdresser"},
	{"药房", "Pharmacy"},
	{"五金店", "Hardware"},
	{"水果店", "Fruit"},
	{"烧烤店", "Grill"},
	{"打印店", "Print shop"},
	{"修理铺", "Repairs"},
	{"茶馆", "Teahouse"},
	{"干洗店", "Dry cleaner"},
	{"烘焙坊", "Bakery"},
}

var demoSigns = [...][2]string{
	{"同福", "Tongfu"},
	{"瑞和", "Ruihe"},
	{"金穗", "Jinsui"},
	{"老渠", "Old Canal"},
	{"丰泰", "Fengtai"},
	{"清泉", "Clear Spring"},
	{"杏花", "Apricot"},
	{"长乐", "Changle"},
	{"顺达", "Shunda"},
	{"和顺", "Heshun"},
	{"新源", "Xinyuan"},
	{"百合", "Lily"},
	{"松鹤", "Pine and Crane"},
}

// trader names the n-th business; 13 signs and 12 trades do not repeat within 156.
func trader(n int) (zh, en string) {
	sign, trade := demoSigns[n%len(demoSigns)], demoTrades[n%len(demoTrades)]
	return sign[0] + trade[0], sign[1] + " " + trade[1]
}

func (d *demo) streets() {
	shop := 0
	for i, name := range demoStreets {
		street := fmt.Sprintf("st%d", i+1)
		north := float64(i)*180 - 360
		d.add(demoCode, Place{Code: street, Kind: Street, ZH: name[0], EN: name[1], Org: "community"}, 0, north)
		for n := range share(DemoShops, len(demoStreets), i) {
			code := fmt.Sprintf("s%03d", shop+1)
			zh, en := trader(shop)
			d.add(street, Place{Code: code, Kind: Shop, ZH: zh, EN: en, Org: code}, float64(n)*30-400, north+12)
			d.device(code, "cam", Camera, "店面摄像机", "shop front camera", code)
			if trade := shop % len(demoTrades); trade == 0 || trade == 6 { // where it is cooked
				d.device(code, "smoke", Sensor, "烟感", "smoke sensor", code)
				d.device(code, "gas", Sensor, "燃气报警器", "gas detector", code)
			}
			if shop%10 == 0 {
				d.device(code, "panic", Sensor, "紧急按钮", "panic button", code)
				d.device(code, "button", Sensor, "手动火警按钮", "fire alarm button", code)
			}
			shop++
		}
	}
}

// businesses are those that are no street shop, in the buildings' ground floors.
func (d *demo) businesses() {
	for n := range DemoBusinesses - DemoShops {
		building := n%DemoBuildings + 1
		zh, en := trader(n)
		d.add(fmt.Sprintf("b%02d", building), Place{
			Code: fmt.Sprintf("m%03d", n+1), Kind: Business, ZH: zh + "二店", EN: en + " No. 2",
		}, float64(n%12)*40-240, float64(n/12)*35-200)
	}
}

var demoInstitutions = [DemoInstitutions][2]string{
	{"沁芳小学", "Qinfang Primary School"},
	{"杏林幼儿园", "Apricot Grove Kindergarten"},
	{"东门卫生服务站", "East Gate Health Station"},
	{"渠畔供热站", "Canal Heating Station"},
	{"市集农贸市场", "Market Hall"},
	{"东门邮政所", "East Gate Post Office"},
	{"祁岭供电所", "Ridge Power Station"},
	{"槐荫养老院", "Locust Home for the Elderly"},
}

func (d *demo) institutions() {
	for i, name := range demoInstitutions {
		code := fmt.Sprintf("i%d", i+1)
		d.add(demoCode, Place{Code: code, Kind: Institution, ZH: name[0], EN: name[1], Org: code}, float64(i)*110-400, 420)
	}
}

func (d *demo) park() {
	d.add(demoCode, Place{Code: "park", Kind: Park, ZH: "沁芳植物园", EN: "Qinfang Botanical Garden", Org: "park"}, 520, 0)
	for i, name := range [...][2]string{{"南门", "South gate"}, {"湖边步道", "Lake walk"}, {"温室", "Greenhouse"}} {
		d.add("park", Place{Code: fmt.Sprintf("park-%d", i+1), Kind: Spot, ZH: name[0], EN: name[1]}, 500+float64(i)*40, float64(i)*60-60)
	}
}
