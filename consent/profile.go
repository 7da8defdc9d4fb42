package consent

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones are compiled in: an age must not depend on what the host has installed
)

// Profile holds what differs between laws. Each row names its source and the date on which it was read.
type Profile struct {
	Name       string         // "KR", "US", "EU-DE"
	Threshold  int            // below this age, in completed years, a guardian must consent
	Adult      int            // a guardian must be at least this old
	MaxPending time.Duration  // longest time that unconfirmed data may wait; 0: no bound of its own
	Zone       *time.Location // whose date counts for ages and deadlines
	Methods    []Method       // accepted ways to confirm
	Source     string
	AsOf       string // date on which Source was read
}

// DefaultPending is the longest deadline of the KR profile: 119 h, so that the key of the hour in which a request came
// is gone at 120 h = 5 days (KR-12).
const DefaultPending = 119 * time.Hour

var allMethods = []Method{MethodEmailLink, MethodEmailReply, MethodSiteSMS, MethodIdentity, MethodPaper, MethodPhone}

// euThreshold is GDPR article 8 by member state (EU-1): the youngest age at which a child consents alone. A country that is
// not listed gets the strictest age. No setting changes an age: when a law does, this table does.
var euThreshold = map[string]int{
	"AT": 14, "BE": 13, "BG": 14, "CY": 14, "CZ": 15, "DE": 16, "DK": 13, "EE": 13, "ES": 14, "FI": 13, "FR": 15, "GR": 15,
	"HR": 16, "HU": 16, "IE": 16, "IT": 14, "LT": 14, "LU": 16, "LV": 13, "MT": 13, "NL": 16, "PL": 16, "PT": 13, "RO": 16,
	"SE": 13, "SK": 16,
}

// euZone is the capital's zone where it is not Berlin's.
var euZone = map[string]string{
	"BG": "Europe/Sofia", "CY": "Asia/Nicosia", "EE": "Europe/Tallinn", "FI": "Europe/Helsinki", "GR": "Europe/Athens",
	"IE": "Europe/Dublin", "LT": "Europe/Vilnius", "LV": "Europe/Riga", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
}

const euStrictest = 16

// ProfileFor returns the profile of this name: "KR", "US" or "EU-" and a country. The error names the known ones.
func ProfileFor(name string) (Profile, error) {
	switch {
	case name == "KR":
		return Profile{
			Name: name, Threshold: 14, Adult: 19, MaxPending: DefaultPending, Zone: zone("Asia/Seoul"), Methods: allMethods,
			Source: "PIPA 22-2, Enforcement Decree 17-2, Standard Guideline 13", AsOf: "2026-07-01",
		}, nil
	case name == "US":
		return Profile{
			Name: name, Threshold: 13, Adult: 18, Zone: zone("America/New_York"), Methods: allMethods,
			Source: "COPPA, 16 CFR 312.5", AsOf: "2026-04-22",
		}, nil
	case strings.HasPrefix(name, "EU-") && len(name) == len("EU-DE"):
		return europe(strings.TrimPrefix(name, "EU-")), nil
	}
	return Profile{}, fmt.Errorf("profile %q is not known: KR, US or EU-<country>, such as EU-DE", name)
}

// ProfileOfCountry returns the profile of a country by its two-letter code. A country without a profile of its own gets
// the strictest European age (EU-1).
func ProfileOfCountry(code string) (Profile, error) {
	if len(code) != 2 || strings.ToUpper(code) != code || strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return Profile{}, fmt.Errorf("a country code has two capital letters")
	}
	if code == "KR" || code == "US" {
		return ProfileFor(code)
	}
	return europe(code), nil
}

func europe(country string) Profile {
	threshold, ok := euThreshold[country]
	if !ok {
		threshold = euStrictest
	}
	z, ok := euZone[country]
	if !ok {
		z = "Europe/Berlin"
	}
	return Profile{
		Name: "EU-" + country, Threshold: threshold, Adult: 18, Zone: zone(z), Methods: allMethods,
		Source: "GDPR article 8, national ages", AsOf: "2020-01-01",
	}
}

// Region is the country in which telephone numbers without a country code are read.
func (p Profile) Region() string {
	_, country, ok := strings.Cut(p.Name, "-")
	if ok {
		return country
	}
	return p.Name
}

// zone panics on an unknown name: the names are constants of this file, and the zones are compiled in.
func zone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}
