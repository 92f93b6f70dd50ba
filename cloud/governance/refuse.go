package governance

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// What a class may be about is held twice: its key must begin with one of subjects,
// an allow-list that only the program's authors extend, and no word of its key or
// names may be one of refused. A configuration cannot lift either.

// subjects are the places, things and kinds of work that keys begin with; "x" is
// for what a community adds.
var subjects = []string{
	"fire", "security", "device", "parking", "street", "env", "infra", "building",
	"lift", "gate", "green", "park", "shop", "site", "weather", "report", "task", "x",
}

// refused are words of keys and English names that tell of people: who somebody is,
// how he looks, where he goes, what sort he is taken for.
var refused = []string{
	"face", "faces", "facial", "gait", "biometric", "biometrics", "fingerprint", "iris", "voiceprint", "emotion",
	"person", "persons", "people", "pedestrian", "individual", "identity", "recognition", "recognise", "recognize", "reid",
	"plate", "plates", "lpr", "anpr", "licence", "license", "owner", "imsi", "imei", "ssid",
	"suspect", "suspects", "wanted", "blacklist", "whitelist", "watchlist", "stranger", "strangers",
	"loiter", "loitering", "stalking", "follow", "following", "tracking", "trail", "trajectory",
	"tenant", "tenants", "migrant", "migrants", "petitioner", "petitioners", "beggar", "beggars", "ethnic", "minority",
	"visitor", "visitors", "contacts", "quarantine", "vaccination",
}

// refusedZH are the same in Chinese, where words are not told apart by spaces.
var refusedZH = []string{
	"人脸", "面部", "步态", "声纹", "指纹", "虹膜", "情绪", "身份", "识别", "车牌", "号牌", "车主",
	"重点人", "特殊人", "嫌疑", "布控", "黑名单", "白名单", "陌生人", "行人", "徘徊", "尾随", "跟踪", "轨迹", "手机定位",
	"租客", "租户", "流动人口", "实有人口", "上访", "信访人", "乞讨", "民族", "访客", "密接", "健康码", "隔离人", "接种",
}

// exceptions are classes whose words tell of people and that are lawful all the
// same: what they are for stands beside them.
var exceptions = map[string]string{
	"device.identity_clash": "two boxes under one name: about boxes",
	"report.missing_person": "a text that staff write down so that helpers are sent; nothing searches for it",
}

// refusal says why a class may not be, or nothing.
func refusal(key, zh, en string) error {
	subject, _, _ := strings.Cut(key, ".")
	if !slices.Contains(subjects, subject) {
		return fmt.Errorf("%q is no place, thing or work that a class may be about; a key begins with one of %s", subject, strings.Join(subjects, ", "))
	}
	if _, ok := exceptions[key]; ok {
		return nil
	}
	if w := refusedWord(key, zh, en); w != "" {
		return fmt.Errorf("%q tells of people; classes are of places and things only", w)
	}
	return nil
}

// refusedWord returns a word that tells of people, or nothing.
func refusedWord(key, zh, en string) string {
	notLetter := func(r rune) bool { return !unicode.IsLetter(r) }
	for _, w := range strings.FieldsFunc(strings.ToLower(key+" "+en), notLetter) {
		if slices.Contains(refused, w) {
			return w
		}
	}
	for _, w := range refusedZH {
		if strings.Contains(zh, w) {
			return w
		}
	}
	return ""
}
