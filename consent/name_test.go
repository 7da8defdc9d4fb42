package consent

import "testing"

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"김보호", "김보호", true},
		{"김보호", " 김 보 호 ", true},
		{"김보호", "김보호", true}, // decomposed syllables (NFD)
		{"Kim Boho", "kim boho", true},
		{"Kim Bo-ho", "BOHO KIM", true},
		{"Min Ji Kim", "Kim Minji", true},
		{"O’Brien Mary", "Mary OBrien", true},
		{"Ｋｉｍ　Ｂｏｈｏ", "Kim Boho", true},
		{"J. R. Kim", "Kim JR", true},
		{"김보호", "김보후", false},
		{"김보호", "호보김", false}, // the order matters in Korean names
		{"Kim Boho", "Kim Boh", false},
		{"Kim Boho", "Kim Boho Lee", false},
		{"辻\U000e0100太郎", "辻太郎", true},
		{"김보호\u3164", "김보호", true},
		{"\u3164\u3164", "\u3164\u3164", false},
		{"\u0301\u0302", "\u0301\u0303", false},
		{"", "", false},
		{"--", "..", false},
		{"A B C D E F", "F E D C B A", false}, // more words than orders are tried for
	} {
		if got := SameName(c.a, c.b); got != c.same {
			t.Errorf("SameName(%q, %q) = %v", c.a, c.b, got)
		}
		if got := SameName(c.b, c.a); got != c.same {
			t.Errorf("SameName(%q, %q) = %v: it is not symmetric", c.b, c.a, got)
		}
	}
}

// TestInAddress: the app is warned of a name that the address of the letter holds; not of one that it holds in part, or in other letters.
func TestInAddress(t *testing.T) {
	for _, c := range []struct {
		name, address string
		in            bool
	}{
		{"Boho Kim", "kim.boho@example.com", true},
		{"Kim Bo-ho", "bohokim82@example.com", true},
		{"BOHO KIM", "boho@kim.example", true},
		{"Boho Kim", "b.m.kim_boho+child@example.com", true},
		{"김보호", "김보호@example.com", true},
		{"김보호", "kim.boho@example.com", true},
		{"김 보호", "boho_kim82@example.com", true},
		{"이보람", "boramlee@example.com", true},
		{"박지영", "jiyoung.park@example.com", true},
		{"최은정", "ejchoi@example.com", false},
		{"최은정", "choi.eunjung@example.com", true},
		{"제갈보름", "boreum.jegal@example.com", true},
		{"김솔", "sol.kim@example.com", true},
		{"김보호", "boho@example.com", false},
		{"김보호", "parent@example.com", false},
		{"이수", "family@example.com", false},
		{"김보호 Kim", "kim.boho@example.com", false},
		{"Boho Kim", "boho@example.com", false},
		{"Boho Kim", "parent@example.com", false},
		{"Boho Kim", "", false},
		{"", "kim.boho@example.com", false},
	} {
		if got := inAddress(c.name, Secret(c.address)); got != c.in {
			t.Errorf("inAddress(%q, %q) = %v", c.name, c.address, got)
		}
	}
}

func TestGenericNames(t *testing.T) {
	for _, s := range []string{"엄마", "우리 엄마", "어머니", "엄마님", "보호자", "법정 대리인", "Mom", "my mom", "M.O.M", "ＤＡＤ", "Legal Guardian", "할머니", "엄마\u3164", "mom\ufe0f"} {
		if !isGeneric(s) {
			t.Errorf("%q passes as a name", s)
		}
	}
	for _, s := range []string{"김보호", "김엄지", "Mary Mom", "형민", "Sister Kim", "모수진"} {
		if isGeneric(s) {
			t.Errorf("%q is refused", s)
		}
	}
}

func TestCheckName(t *testing.T) {
	for _, c := range []struct{ name, code string }{
		{"김보호", ""}, {"Mary-Jane O'Brien", ""}, {"J. R. Kim", ""}, {"Ana María Núñez", ""}, {"김·이", ""},
		{"", "required"}, {"  ", "required"}, {"김", "too_short"}, {".-", "too_short"},
		{"naver.com", "not_a_name"}, {"see http://x.y", "not_a_name"}, {"a@b", "not_a_name"}, {"김1호", "not_a_name"},
		{"<b>kim</b>", "not_a_name"}, {"kim\r\nBcc: x", "not_a_name"}, {"김\u202e보호", "not_a_name"}, {"😀😀 kim", "not_a_name"},
		{"\u3164\u3164", "too_short"}, {"\uffa0\u115f\u1160", "too_short"}, {"김보호\u3164", "not_a_name"}, {"Mary\u034f", "not_a_name"}, {"辻\U000e0100 太郎", ""},
		{string(make([]rune, 65)), "too_long"},
	} {
		var f faults
		checkName(&f, "/n", c.name, leastGuardian)
		got := ""
		if len(f) > 0 {
			got = f[0].Code
		}
		if len(f) > 1 || got != c.code {
			t.Errorf("checkName(%q) = %v, want %q", c.name, f, c.code)
		}
	}
}

func TestChildOfOneLetter(t *testing.T) {
	var f faults
	checkName(&f, "/n", "솔", leastChild)
	if len(f) > 0 {
		t.Errorf("솔 is refused: %v", f)
	}
	if checkName(&f, "/n", ".-", leastChild); len(f) != 1 {
		t.Error("a name without a letter passes")
	}
}

func TestMasks(t *testing.T) {
	for in, want := range map[string]string{
		"김하늘": "김*늘", "김구": "김*", "김": "*", "남궁하늘": "남**늘", "Haneul Kim": "H***** K**", "": "",
	} {
		if got := MaskName(in); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"parent@example.com": "pa***@e******.com", "a@b.co.kr": "a***@b*.co.kr", "ab@naver.com": "a***@n****.com", "nonsense": "***",
	} {
		if got := MaskEmail(in); got != want {
			t.Errorf("MaskEmail(%q) = %q, want %q", in, got, want)
		}
	}
	if got := MaskLocal("parent@exmaple.com"); got != "pa***@exmaple.com" {
		t.Errorf("MaskLocal hides the mistake: %q", got)
	}
}

func FuzzSameName(f *testing.F) {
	f.Add("김보호", "Kim Boho")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 256 || len(b) > 256 {
			return
		}
		if SameName(a, b) != SameName(b, a) {
			t.Errorf("SameName(%q, %q) is not symmetric", a, b)
		}
	})
}
