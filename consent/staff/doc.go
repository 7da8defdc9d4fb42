// Package staff is the domain of the people who run the service: who they are, what each may do, how they sign in, and
// what was changed about it.
//
// A person is made on the command line ([Service.Invite]) and joins by a link that works once ([Service.Join]): a password,
// kept as argon2id, and a second factor (RFC 6238), kept sealed. Signing in ([Service.Enter]) asks for both at once and
// never tells which was wrong; every try is charged before it is compared. A session ([Service.Visit]) ends by itself when
// nobody uses it, at the latest after a working day, and with all its siblings when the person signs out everywhere, is
// disabled, or gets another role.
//
// Every month the privacy officer reads what staff did and signs it off ([Service.Duties], [Service.Sign]). Signing in and out,
// changes of people and the sign-off itself leave their entries in the staff's own audit log, in the scripts that do them.
//
// What a role may do stands in one table, [Role.May]. Every change of it is kept three years (KR-23).
package staff
