package gate

import (
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// FuzzSnapshot: whatever a server or a disk gives for a snapshot, it is refused or can be asked; what was added since is never
// answered with no.
func FuzzSnapshot(f *testing.F) {
	filter, err := Filters{}.Build([]uint64{1, 2, 3})
	if err != nil {
		f.Fatal(err)
	}
	whole := Encode(consent.Snapshot{Since: 7, Count: 3, App: "shop", Region: "KR", Filter: filter})
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte(magic))
	f.Add(Encode(consent.Snapshot{}))
	long := Encode(consent.Snapshot{})
	long[len(magic)+8+8+3*16] = 255 // the length of the app
	f.Add(append(long, make([]byte, 300)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := Decode(b)
		if err != nil {
			return
		}
		one := consent.Identity{Email: consent.Secret("a@example.com"), Phone: consent.Secret("+821012345678"), Subject: "user-1"}
		_, _ = o.Perhaps(one)
		if perhaps, readable := o.PerhapsEmail("no address"); !perhaps || readable {
			t.Fatalf("what cannot be read is answered with %v, %v", perhaps, readable)
		}
		if o.App == "" && o.Region == "" && o.fuse == nil && o.Count != 0 {
			t.Fatalf("%d identities are in nothing", o.Count)
		}
	})
}
