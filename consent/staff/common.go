package staff

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strings"
)

// commonList are the passwords of at least PasswordLeast characters that are used most, in small letters, one a line, sorted
// (consent/adr/0027 says whence). It stays packed: it is looked through when somebody sets a password, and that is seldom.
//
//go:embed common.txt.gz
var commonList []byte

// common says whether a password is in the list, however it is written. A list that cannot be read refuses every password: it
// fails closed, and a test reads it to its end.
func common(password string) bool {
	packed, err := gzip.NewReader(bytes.NewReader(commonList))
	if err != nil {
		return true
	}
	want := strings.ToLower(password)
	lines := bufio.NewScanner(packed)
	for lines.Scan() {
		if lines.Text() == want {
			return true
		}
	}
	return lines.Err() != nil
}
