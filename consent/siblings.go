package consent

import "encoding/json"

// nicknameItem is the item that tells siblings apart when no date of birth was given.
const nicknameItem = "nickname"

// bornIn is the year of a child's birth, "" when it is not known: siblings whose masked names are the same differ by it.
func bornIn(c Child) string {
	born, err := ParseDate(c.BirthDate.Reveal())
	if err != nil {
		return ""
	}
	return itoa(born.Year)
}

// tellApart sets what a page says of a child beside the masked name, so that a guardian knows which of theirs it is: the year
// of birth or, while the data is held and there is none, the masked nickname. A letter has the year alone: a nickname is free text.
func (s *Service) tellApart(v *View, c Child) {
	if v.Born = bornIn(c); v.Born != "" || v.Record.Status != Pending || len(v.Record.Data) == 0 {
		return
	}
	plain, err := s.Vault.Open(label(v.Record, FieldData, v.Record.DataRev), v.Record.Data)
	if err != nil {
		return // the page is whole without it; what cannot be opened any more is for the decision to find
	}
	var data map[string]json.RawMessage
	var nickname string
	if json.Unmarshal(plain, &data) == nil && json.Unmarshal(data[nicknameItem], &nickname) == nil && len([]rune(nickname)) <= MaxName {
		v.Nickname = MaskName(nickname)
	}
}
