// Package consent is the domain of a parental consent service: who may decide what about a child's data, and until when.
//
// # The way of a request
//
// An app tells of a child who signs up ([Service.Signup]). What the child entered is sealed at once under a key that
// lives outside the store and dies at a fixed time; the request is [Pending], its deadline is set and never moved, the
// child's identities are flagged against advertising, and an invitation lies in the outbox: all of this in one step of
// the store, or none of it. Only then does the app get its answer.
//
// The outbox has the letter written and delivered ([Service.Post]). It says everything that is to be agreed to, and
// holds neither the guardian's name nor the code on the child's screen: these are the facts by which a guardian is told
// from a machine that reads mail.
//
// The guardian opens the link ([Service.Open]); that changes nothing, however often it happens. The answers of the page
// are checked ([Service.Check]), with the second fact charged before it is compared, and shown once more; only the
// choice on that second page decides ([Service.Decide]). Each page hands out a sealed proof that is good for one hop.
//
// A guardian who signed a paper, or said yes on the telephone, is entered by one of the staff ([Service.File]) and makes a grant
// when another has confirmed it ([Service.GrantFiled]). Staff reach a grant in no other way.
//
// A yes makes the request [Granted]. The granted items move under a release key, everything that was refused is left
// without one, and people and proof move under the evidence key. The app collects the data ([Service.Release]) as often
// as it likes until it says that it has it ([Service.Acknowledge]); then the held copy is destroyed. Uncollected data
// dies when its window is over.
//
// A no, the deadline ([Sweeper]) or a change of mind ([Service.Cancel]) ends the request and destroys what was held, at
// once. A consent ends by [Service.Withdraw] at any time; the app then confirms that it erased the data
// ([Service.Erase]) or is overdue.
//
// # Promises
//
//   - Nothing leaves custody before the request is granted (KR-01), and then only items that a granted purpose names.
//   - No sealed copy of an unconfirmed request can be read 120 hours after it came, from no backup (KR-12).
//   - Whatever was answered with success is in the store; whatever follows from it is in the outbox.
//   - Of a decision, a deadline and a withdrawal that come together, the store's script lets one be first, by its own clock.
//   - Names, addresses, dates and items cannot be printed by accident: see [Private] and [Sealed].
//
// The legal moves stand in [Moves]; the diagram in README.md is drawn from them. What the service needs from outside
// stands in ports.go and store.go; the adapters are in the folders below, and only cmd/bohoja ties them together.
package consent
