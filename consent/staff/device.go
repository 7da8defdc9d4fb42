package staff

import "strings"

// A program and a system by the words in their User-Agent. The first that is there counts: browsers name their ancestors too.
var (
	programs = [][2]string{
		{"Whale/", "whale"}, {"SamsungBrowser/", "samsung"}, {"Edg", "edge"}, {"OPR/", "opera"}, {"Firefox/", "firefox"}, {"FxiOS/", "firefox"},
		{"CriOS/", "chrome"}, {"Chrome/", "chrome"}, {"Safari/", "safari"},
	}
	systems = [][2]string{
		{"Android", "android"}, {"iPhone", "iphone"}, {"iPad", "ipad"}, {"Windows", "windows"}, {"CrOS", "chromeos"}, {"Mac OS", "mac"}, {"Linux", "linux"},
	}
)

// DeviceOf makes of a User-Agent the two words that are kept with a session, such as "chrome windows", both from lists above;
// "other" stands for what is in neither. Nothing else of it is kept: versions and models tell people apart.
func DeviceOf(agent string) string { return wordOf(programs, agent) + " " + wordOf(systems, agent) }

func wordOf(list [][2]string, agent string) string {
	for _, one := range list {
		if strings.Contains(agent, one[0]) {
			return one[1]
		}
	}
	return "other"
}
