package main

import (
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent/staff"
)

// TestStaff: somebody is invited, is listed, gets another role and is shut out, and each change stays on record.
func TestStaff(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	o := b.call("staff", "invite", "minji", "--role", "support", "--json")
	o.want(t, exitFine)
	made := read[invitation](t, o)
	if !strings.HasPrefix(made.URL, "http://127.0.0.1:8081/ops/join/"+made.ID+"/") || made.Role != "support" || made.Until.IsZero() {
		t.Errorf("%+v", made)
	}
	b.call("staff", "invite", "jun").want(t, exitUsage, "a role is")
	b.call("staff", "invite", "Min Ji", "--role", "viewer").want(t, exitUsage, "a name is")
	b.call("staff", "role", "minji", "privacy").want(t, exitFine, "minji is invited, role privacy")
	b.call("staff", "role", "minji", "king").want(t, exitUsage, "a role is")
	b.call("staff", "role", "nobody", "viewer").want(t, exitFailed, "nobody has this name")
	b.call("staff", "list").want(t, exitFine, "minji", "privacy", "invited")
	b.call("staff", "disable", "minji").want(t, exitFine, "minji is disabled")
	b.call("staff", "disable", "minji").want(t, exitFine, "minji is disabled")
	b.call("staff", "disable", "nobody").want(t, exitFailed)
	o = b.call("staff", "changes", "--json")
	o.want(t, exitFine)
	var what []string
	for _, c := range read[struct{ Data []changeRow }](t, o).Data {
		what = append(what, c.What)
		if !strings.HasPrefix(c.By, "cli:") {
			t.Errorf("%+v", c)
		}
	}
	if got := strings.Join(what, " "); got != staff.ChangedDisabled+" "+staff.ChangedRole+" "+staff.ChangedInvited {
		t.Errorf("changes: %s", got)
	}
	b.call("staff", "changes", "--limit", "0").want(t, exitUsage)
	b.call("staff", "invite", "minji").want(t, exitFine, "invited as privacy")
}

// TestStaffAtFirst: nobody is there whom nobody invited.
func TestStaffAtFirst(t *testing.T) {
	t.Parallel()
	o := newBureau(t).call("staff", "list", "--json")
	o.want(t, exitFine)
	if out := strings.Join(strings.Fields(o.out), ""); out != "[]" && out != `{"data":[]}` {
		t.Errorf("at first there is %s", out)
	}
}
