package consent

import "slices"

// SensitiveKind is a kind of data that may be asked only with a ground in law (chapter 2 of the policy; PIPA 23):
// a purpose that names such an item must say Sensitive.
type SensitiveKind string

// The sensitive kinds. "" is none of them.
const (
	SensitiveBelief     SensitiveKind = "belief"
	SensitiveFamily     SensitiveKind = "family"
	SensitiveSchooling  SensitiveKind = "schooling"
	SensitiveHealth     SensitiveKind = "health"
	SensitiveSocial     SensitiveKind = "social_activity"
	SensitiveBiometrics SensitiveKind = "biometrics"
)

// commonItem is an item that many signup flows ask for: apps need not label it.
type commonItem struct {
	ko, en string
	kind   SensitiveKind
}

// commonItems are the built-in items by id. An id is what an app writes in its purposes and in the data it hands over.
var commonItems = map[string]commonItem{
	"name":          {ko: "이름", en: "Name"},
	"first_name":    {ko: "이름", en: "First name"},
	"last_name":     {ko: "성", en: "Last name"},
	"nickname":      {ko: "별명", en: "Nickname"},
	"user_id":       {ko: "아이디", en: "User ID"},
	"login_id":      {ko: "아이디", en: "User ID"},
	"username":      {ko: "아이디", en: "User name"},
	"password":      {ko: "비밀번호", en: "Password"},
	"birth_date":    {ko: "생년월일", en: "Date of birth"},
	"birth_year":    {ko: "태어난 해", en: "Year of birth"},
	"age":           {ko: "나이", en: "Age"},
	"gender":        {ko: "성별", en: "Gender"},
	"email":         {ko: "이메일 주소", en: "Email address"},
	"phone":         {ko: "전화번호", en: "Telephone number"},
	"mobile":        {ko: "휴대전화 번호", en: "Mobile number"},
	"address":       {ko: "주소", en: "Address"},
	"postcode":      {ko: "우편번호", en: "Postcode"},
	"postal_code":   {ko: "우편번호", en: "Postcode"},
	"city":          {ko: "사는 도시", en: "Town or city"},
	"country":       {ko: "사는 나라", en: "Country"},
	"language":      {ko: "사용하는 언어", en: "Language"},
	"photo":         {ko: "사진", en: "Photo"},
	"profile_image": {ko: "프로필 사진", en: "Profile picture"},
	"voice":         {ko: "목소리 녹음", en: "Voice recording"},
	"location":      {ko: "위치", en: "Location"},
	"device":        {ko: "기기 정보", en: "Device details"},
	"device_id":     {ko: "기기 번호", en: "Device ID"},
	"ip_address":    {ko: "접속 IP 주소", en: "IP address"},
	"cookies":       {ko: "쿠키", en: "Cookies"},
	"usage_log":     {ko: "서비스 이용 기록", en: "Usage records"},
	"orders":        {ko: "주문 내역", en: "Orders"},
	"inquiry":       {ko: "문의 내용", en: "Content of the inquiry"},

	"religion":        {"종교", "Religion", SensitiveBelief},
	"belief":          {"사상·신념", "Belief", SensitiveBelief},
	"political_view":  {"정치적 견해", "Political view", SensitiveBelief},
	"family":          {"가족 관계", "Family", SensitiveFamily},
	"parents":         {"부모 정보", "Parents", SensitiveFamily},
	"siblings":        {"형제자매", "Brothers and sisters", SensitiveFamily},
	"parent_job":      {"부모의 직업", "Parents' occupation", SensitiveFamily},
	"school":          {"학교", "School", SensitiveSchooling},
	"grade":           {"학년", "School year", SensitiveSchooling},
	"class":           {"반", "School class", SensitiveSchooling},
	"school_record":   {"성적", "School marks", SensitiveSchooling},
	"health":          {"건강 상태", "Health", SensitiveHealth},
	"medical_history": {"병력", "Medical history", SensitiveHealth},
	"medication":      {"복용하는 약", "Medication", SensitiveHealth},
	"allergy":         {"알레르기", "Allergies", SensitiveHealth},
	"allergies":       {"알레르기", "Allergies", SensitiveHealth},
	"disability":      {"장애", "Disability", SensitiveHealth},
	"blood_type":      {"혈액형", "Blood type", SensitiveHealth},
	"height":          {"키", "Height", SensitiveHealth},
	"weight":          {"몸무게", "Weight", SensitiveHealth},
	"club":            {"동아리", "Clubs", SensitiveSocial},
	"social_activity": {"사회 활동", "Social activity", SensitiveSocial},
	"biometrics":      {"생체 정보", "Biometric data", SensitiveBiometrics},
	"face":            {"얼굴 인식 정보", "Face recognition data", SensitiveBiometrics},
	"fingerprint":     {"지문", "Fingerprint", SensitiveBiometrics},
	"iris":            {"홍채", "Iris scan", SensitiveBiometrics},
	"voice_print":     {"음성 인식 정보", "Voice print", SensitiveBiometrics},
	"genetic_data":    {"유전 정보", "Genetic data", SensitiveBiometrics},
}

// ItemLabel returns the words for the item in the language: the app's own label if it has one, else the built-in one.
// An item that neither knows reads as its id; `config check` refuses such an app, so no guardian meets it.
func ItemLabel(app *App, id, lang string) string {
	if app != nil {
		if own := app.Items[id].In(lang); own != "" {
			return own
		}
	}
	common, ok := commonItems[id]
	switch {
	case !ok:
		return id
	case lang == "ko":
		return common.ko
	default:
		return common.en
	}
}

// ItemLabels returns the labels of the items, in their order.
func ItemLabels(app *App, ids []string, lang string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = ItemLabel(app, id, lang)
	}
	return out
}

// ItemKnown reports whether the item has a label in the language: the app's own, or a built-in one (ko and en).
func ItemKnown(app *App, id, lang string) bool {
	if app != nil && app.Items[id][lang] != "" {
		return true
	}
	_, ok := commonItems[id]
	return ok && (lang == "ko" || lang == "en")
}

// ItemSensitive returns the sensitive kind of a built-in item, or "". An item of the app's own is judged by its id alone:
// what its label means is the operator's to declare.
func ItemSensitive(id string) SensitiveKind { return commonItems[id].kind }

// CommonItems lists the ids of the built-in items, sorted.
func CommonItems() []string {
	ids := make([]string, 0, len(commonItems))
	for id := range commonItems {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
