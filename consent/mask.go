package consent

import "strings"

// MaskName shows a name as 김*수, 김*, H*** K**: enough for one who knows it, too little for one who does not. It is the
// one way in which names are masked, everywhere.
func MaskName(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		words[i] = maskWord([]rune(w))
	}
	return strings.Join(words, " ")
}

func maskWord(r []rune) string {
	switch {
	case len(r) == 0:
		return ""
	case len(r) == 1:
		return "*"
	case len(r) == 2 || latin(string(r)):
		return string(r[0]) + strings.Repeat("*", len(r)-1)
	}
	return string(r[0]) + strings.Repeat("*", len(r)-2) + string(r[len(r)-1])
}

// MaskEmail shows an address as pa***@e******.com.
func MaskEmail(addr string) string {
	local, domain, ok := strings.Cut(addr, "@")
	if !ok {
		return "***"
	}
	host, tld, _ := strings.Cut(domain, ".")
	return maskStart(local, 2) + "***@" + maskStart(host, 1) + strings.Repeat("*", max(len([]rune(host))-1, 1)) + "." + tld
}

// MaskLocal shows an address with its domain in full, as pa***@example.com: for the child's own page, where a typing
// mistake in the domain must be seen by somebody.
func MaskLocal(addr string) string {
	local, domain, ok := strings.Cut(addr, "@")
	if !ok {
		return "***"
	}
	return maskStart(local, 2) + "***@" + domain
}

// maskStart keeps the first n runes, and never more than half of them.
func maskStart(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, (len(r)+1)/2)])
}
