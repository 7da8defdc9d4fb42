package bounces

import (
	"strings"
	"testing"
)

// reports are what mail servers write, with what it means. Each is a seed of the fuzzer too.
var reports = map[string]struct {
	text string
	want Report
}{
	"postfix": {head("multipart/report; report-type=delivery-status; boundary=\"A/b=\"") + `--A/b=
Content-Type: text/plain

could not be delivered
--A/b=
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
X-Postfix-Queue-ID: 4T

Final-Recipient: rfc822; a@b.example
Original-Recipient: rfc822;a@b.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <a@b.example>: Recipient address rejected

--A/b=
Content-Type: message/rfc822

Subject: x

--A/b=--
`, Report{true, "5.1.1"}},
	"given up after days":          {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: Failed (delivery time expired); x\nStatus: 4.4.7 (in queue too long)\n\n--b--\n", Report{true, "4.4.7"}},
	"failed with a word behind":    {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: FAILED ; at last\nStatus: 4.4.7 (in queue too long)\n\n--b--\n", Report{true, "4.4.7"}},
	"delayed":                      {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: delayed\nStatus: 4.4.1\n\n--b--\n", Report{}},
	"delivered":                    {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: delivered\nStatus: 2.0.0\n\n--b--\n", Report{}},
	"the second of two":            {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: relayed\n\nAction: failed\nStatus: 5.7.1\n\n--b--\n", Report{true, "5.7.1"}},
	"no blank line at the end":     {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.2.2\n--b--\n", Report{true, "5.2.2"}},
	"internationalised":            {head("multipart/report; boundary=b") + "--b\nContent-Type: message/global-delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: utf-8; 가@b.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n", Report{true, "5.1.1"}},
	"inside another":               {head("multipart/mixed; boundary=m") + "--m\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.0.0\n\n--b--\n\n--m--\n", Report{true, "5.0.0"}},
	"a letter inside that says so": {head("multipart/report; boundary=b") + "--b\nContent-Type: message/rfc822\n\nContent-Type: message/delivery-status\n\nAction: failed\n\n--b--\n", Report{}},
	"exim":                         {"Subject: Mail delivery failed\nX-Failed-Recipients: a@b.example\n\nThis message was created automatically by mail delivery software.\n", Report{true, ""}},
	"qmail":                        {"Subject: failure notice\n\nHi. This is the qmail-send program at mail.example.\nI'm afraid I wasn't able to deliver your message.\n\n<a@b.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n", Report{true, "5.1.1"}},
	"absent":                       {head("text/plain; charset=utf-8") + "저는 월요일까지 자리에 없습니다. 550 5.1.1\n", Report{}},
	"a person":                     {"Subject: Re: hello\n\nAction: failed\nStatus: 5.1.1\n", Report{}},
	"no boundary":                  {head("multipart/report") + "--b\n\nAction: failed\n", Report{}},
	"no header":                    {"Action: failed", Report{}},
	"nothing":                      {"", Report{}},
	"too deep":                     {deep(8), Report{}},
	"long lines":                   {head("multipart/report; boundary=b") + "--b\nContent-Type: message/delivery-status\n\nX: " + strings.Repeat("x", maxRead) + "\n\nAction: failed\n\n--b--\n", Report{}},
}

func head(kind string) string {
	return "From: MAILER-DAEMON@mail.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: " + kind + "\n\n"
}

// deep is a report inside n envelopes.
func deep(n int) string {
	text := "Content-Type: message/delivery-status\n\nX: y\n\nAction: failed\n\n"
	for i := range n {
		b := strings.Repeat("m", i+1)
		text = "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n" + text + "\n--" + b + "--\n"
	}
	return text
}

func TestParse(t *testing.T) {
	for name, c := range reports {
		for ends, text := range map[string]string{"LF": c.text, "CRLF": strings.ReplaceAll(c.text, "\n", "\r\n")} {
			if got := Parse(strings.NewReader(text)); got != c.want {
				t.Errorf("%s, %s: %+v, not %+v", name, ends, got, c.want)
			}
		}
	}
	if got := Parse(strings.NewReader(deep(2))); !got.Failed {
		t.Error("a report in two envelopes is not found")
	}
}

// FuzzParse: nothing is read too far, and what is called failed was said to be.
func FuzzParse(f *testing.F) {
	for _, c := range reports {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Parse(strings.NewReader(text))
		low := strings.ToLower(text)
		if got.Failed && !strings.Contains(low, "failed") && !strings.Contains(text, qmailForm) {
			t.Errorf("%+v of %q", got, text)
		}
		if got.Status != "" && !statusForm.MatchString(got.Status) {
			t.Errorf("status %q", got.Status)
		}
	})
}
