package main

import (
	"fmt"
	"os"
	"strings"

	configs "eastgate/firmware-configs"
)

// begin and end stand around what is written from the vendors' profiles.
const (
	begin = "<!-- from firmware-configs/cameras: go run ./scripts/guide -cameras -->\n"
	end   = "<!-- end -->\n"
)

// withCameras returns a page with its vendors as their profiles say now. translate is
// what each of our own words becomes; menus are in the vendor's words.
func withCameras(page string, translate func(string) string) (string, error) {
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("the page lacks %q or %q", begin, end)
	}
	vendors, err := configs.Cameras()
	if err != nil {
		return "", fmt.Errorf("vendors: %w", err)
	}
	var b strings.Builder
	for _, v := range vendors {
		vendor(&b, v, translate)
	}
	return before + begin + b.String() + end + after, nil
}

func vendor(b *strings.Builder, v configs.Camera, translate func(string) string) {
	name := v.Vendor
	if len(v.Also) > 0 {
		name += " (" + strings.Join(v.Also, ", ") + ")"
	}
	fmt.Fprintf(b, "\n### %s\n\n%s `%s` · %s `%s`\n", name, translate("main"), v.Streams.Main, translate("sub stream"), v.Streams.Sub)
	if v.Recorder.Main != "" {
		fmt.Fprintf(b, "· %s `%s`\n", translate("recorder"), v.Recorder.Main)
	}
	if len(v.Settings) > 0 {
		fmt.Fprintf(b, "\n| %s | %s | %s |\n|---|---|---|\n", translate("what"), translate("menu"), translate("set to"))
	}
	for _, s := range v.Settings {
		fmt.Fprintf(b, "| %s | %s | %s |\n", translate(s.About), s.At, translate(s.Set))
	}
	for i, n := range v.Notes {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "* %s\n", translate(n))
	}
}

// same leaves English as it is.
func same(s string) string { return s }

// inChinese translates what profiles say in our words; what it does not know it leaves.
func inChinese(s string) string {
	if zh, ok := words[s]; ok {
		return zh
	}
	return s
}

var words = map[string]string{
	"main": "主码流", "sub stream": "子码流", "recorder": "录像机", "what": "项目", "menu": "菜单（厂家英文界面）", "set to": "设为",
	"codec": "编码", "interval": "关键帧间隔", "smart": "智能编码", "size": "分辨率", "rate": "帧率", "sub": "子码流", "time": "时间", "login": "账号",

	"H.264": "H.264", "H.264 (not H.264B)": "H.264（不是 H.264B）", "OFF": "关闭", "Off": "关闭", "On": "开启", "Enable": "启用",
	"at most twice the frame rate": "不超过帧率的两倍", "15 to 25 fps": "15～25 帧/秒", "15 to 25": "15～25", "1x or 2x": "1x 或 2x",
	"Fixed, 15 to 25 fps":                                                                         "固定帧率，15～25 帧/秒",
	"main 1280*720 or more, sub 704*576 to 1280*720":                                              "主码流 1280*720 以上，子码流 704*576 至 1280*720",
	"main 1280x720 or more, sub 704x576 to 1280x720":                                              "主码流 1280x720 以上，子码流 704x576 至 1280x720",
	"Sub Stream; set it as above":                                                                 "选子码流，按上面各项设置",
	"ONVIF on, and an ONVIF user of its own for this box":                                         "开启 ONVIF，并为盒子单独建一个 ONVIF 用户",
	"RTSP and WEB: digest, or digest/basic where a stream is refused":                             "RTSP 与 WEB 均用 digest；取流被拒时用 digest/basic",
	"NTP, the box's address, every 60 minutes; the right time zone":                               "NTP，填盒子地址，每 60 分钟校时；时区正确",
	"NTP, the box's address; the right time zone":                                                 "NTP，填盒子地址；时区正确",
	"Sync with NTP Server, the box's address; the right time zone":                                "与 NTP 服务器同步，填盒子地址；时区正确",
	"NTP, the box's address":                                                                      "NTP，填盒子地址",
	"a user of its own for this box":                                                              "为盒子单独建一个用户",
	"a name and password; without one there is neither RTSP nor ONVIF (port 2020)":                "设账号和密码；不设就没有 RTSP，也没有 ONVIF（端口 2020）",
	"RTSP and ONVIF on":                                                                           "开启 RTSP 与 ONVIF",
	"user admin, password the verification code of 6 letters":                                     "用户 admin，密码为 6 位验证码",
	"A few models want &unicast=true&proto=Onvif at the end of the address.":                      "少数型号要求地址末尾加 &unicast=true&proto=Onvif。",
	"Cameras that hang on a recorder keep the recorder's clock; set NTP there.":                   "接在录像机上的摄像机用录像机的时钟，请在录像机上设 NTP。",
	"U-Code is a smart codec by another name.":                                                    "U-Code 就是智能编码的另一个名字。",
	"ONVIF answers at port 2020.":                                                                 "ONVIF 端口是 2020。",
	"Channels of a recorder have two digits, as in 01.":                                           "录像机通道号为两位数，如 01。",
	"Recorders count channels from 1; those of older recorders begin at 33.":                      "录像机通道从 1 编号；老录像机从 33 开始。",
	"Some firmware of 2023 took RTSP away; in the app, LAN Live View has to be on.":               "2023 年的部分固件取消了 RTSP；需在 App 中打开“局域网预览”。",
	"Their firmware has known back doors; keep them in a network of their own without a way out.": "固件有已知后门：放在单独的网段，不得访问外网。",
	"Tapo cameras serve few viewers at a time (often two); let the box be the only one.":          "Tapo 同时只支持少数几路取流（常为两路），请只让盒子取流。",
	"The ONVIF user is another than the web user; without one, `edge discover` is refused.":       "ONVIF 用户不同于网页用户；没有建的话，自动发现会被拒绝。",
	"Models with 8 megapixels and more send their main stream as H.265 only (/h265Preview_01_main); take the sub-stream, which is H.264.":                   "800 万像素及以上型号的主码流只有 H.265（/h265Preview_01_main），请用 H.264 的子码流。",
	"They want the password inside the address, which a configuration must not hold. Ask for their ONVIF address instead, which has none, or replace them.": "取流地址里要写密码，而配置文件不允许。改用不含密码的 ONVIF 地址，或更换设备。",
}

// rewrite brings the two pages up to date.
func rewrite(dir string) error {
	for file, translate := range map[string]func(string) string{"cameras.md": same, "cameras.zh-CN.md": inChinese} {
		page, err := os.ReadFile(dir + "/" + file)
		if err != nil {
			return fmt.Errorf("read page: %w", err)
		}
		out, err := withCameras(string(page), translate)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(dir+"/"+file, []byte(out), 0o644); err != nil { //nolint:gosec // a page
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}
