// Package shop is a sign-up back end of the size that fits in a head. It shows how an app uses the consent API well, and
// it uses nothing but that API: what it does, any shop can do in any language.
//
// What it promises:
//
//   - It keeps nothing of a child before the guardian's yes: an account is an opaque random name and a state. What the
//     child types goes from the form straight to the consent service, which holds it sealed.
//   - Of the guardian it asks a name and an address, after the child has read the notice, and keeps neither, ever (KR-02).
//   - It never trusts news. A webhook, a poll or a reader of the account page only makes it look: it asks the API how the
//     request stands and does what that says ([Shop.settle]). So news may come twice, late, out of order or not at all.
//   - It stores the data before it acknowledges; between the two the service still has its copy.
//   - After a withdrawal it erases first and says so second, and goes on saying so until it was heard.
//
// Accounts live in memory, so they are gone with the process; a shop with a database writes them there instead.
package shop
